"""Campaigns in the store: the cursor, the way of a mail to the wire, and what a crash leaves."""

from datetime import timedelta

import pytest
from attrs import evolve

from offhook.model.deployments import Campaign
from offhook.model.profiles import Profile
from offhook.model.settings import Settings
from offhook.model.users import Selection, User
from offhook.provisioning import tokens

CAMPAIGN = "campaign"


@pytest.fixture
def queue(store, now):
    """Queue mails for users with these numbers in one chunk; returns the deployments' ids."""

    def add(*numbers, chunk="chunk"):
        ids = []
        with store.write() as tx:
            if not tx.profiles.named("default"):
                tx.profiles.add(Profile(id="p", name="default"))
                campaign = Campaign(
                    id=CAMPAIGN, created_at=now, actor="me", transport="", total=len(numbers)
                )
                tx.campaigns.add(campaign, Selection())
            for number in numbers:
                user = User(
                    id=f"u{number}", number=number, last_name="Ruiz", profile="default",
                    email=f"{number}@example.org", created_at=now,
                )  # fmt: skip
                tx.users.add(user, "p")
                new = tokens.issue(user.id, Settings(), campaign_id=CAMPAIGN, now=now)
                queued = evolve(new.deployment, delivery="queued", recipient=user.email)
                tx.deployments.add([evolve(new, deployment=queued, chunk=chunk)])
                ids.append(queued.id)
        return ids

    return add


def delivery_of(store, deployment_id):
    with store.read() as tx:
        return tx.deployments.get(deployment_id).delivery


def test_a_mail_goes_from_queued_over_wire_to_sent(store, now, queue):
    [one] = queue("1")
    with store.write() as tx:
        assert tx.campaigns.hand_over(one, now, repeatable=False)
    assert delivery_of(store, one) == "wire"
    with store.write() as tx:
        assert tx.campaigns.finish(one, "wire", "sent", "250 taken", now)

    with store.read() as tx:
        deployment = tx.deployments.get(one)
    assert (deployment.delivery, deployment.delivered_at) == ("sent", now)
    assert deployment.delivery_detail == "250 taken"


def test_only_one_of_two_workers_hands_a_mail_over(store, now, queue):
    [one] = queue("1")
    with store.write() as tx:
        assert tx.campaigns.hand_over(one, now, repeatable=False)
        assert not tx.campaigns.hand_over(one, now, repeatable=False)


@pytest.mark.parametrize("ending", ["expired", "revoked"])
def test_a_mail_whose_token_has_ended_is_not_handed_over(store, now, queue, ending):
    [one] = queue("1")
    later = now + timedelta(weeks=7) if ending == "expired" else now
    with store.write() as tx:
        if ending == "revoked":
            tx.deployments.revoke(["u1"])
        assert not tx.campaigns.hand_over(one, later, repeatable=False)
    assert delivery_of(store, one) == "queued"


def test_what_a_crash_left_on_the_wire_is_uncertain_unless_repeatable(store, now, queue):
    lost, again, waiting = queue("1", "2", "3")
    with store.write() as tx:
        tx.campaigns.hand_over(lost, now, repeatable=False)
        tx.campaigns.hand_over(again, now, repeatable=True)
        assert tx.campaigns.settle("chunk", now) == 2

    assert delivery_of(store, lost) == "uncertain"
    with store.read() as tx:
        assert {mail.deployment.id for mail in tx.campaigns.mails("chunk")} == {again, waiting}
        assert tx.campaigns.counts(CAMPAIGN) == {"uncertain": 1, "queued": 2}


def test_a_late_worker_cannot_change_what_another_one_has_settled(store, now, queue):
    [one] = queue("1")
    with store.write() as tx:
        tx.campaigns.hand_over(one, now, repeatable=False)
        tx.campaigns.settle("chunk", now)
        assert not tx.campaigns.finish(one, "wire", "sent", "", now)
        assert not tx.campaigns.postpone(one, "wire", "other", until=now, detail="")
    assert delivery_of(store, one) == "uncertain"


def test_a_mail_is_made_of_user_profile_and_token(store, now, queue):
    queue("1")
    with store.read() as tx:
        [mail] = tx.campaigns.mails("chunk")

    assert (mail.user.number, mail.profile.name) == ("1", "default")
    assert tokens.hash_of(mail.token.reveal())


def test_the_mail_of_a_deleted_user_has_no_user(store, now, queue):
    queue("1")
    with store.write() as tx:
        tx.users.delete(["u1"])
    with store.read() as tx:
        [mail] = tx.campaigns.mails("chunk")
        [line] = tx.campaigns.lines(CAMPAIGN)

    assert mail.user is None
    assert (line.user, line.name) == ("", "")


def test_postponed_mails_wait_in_a_chunk_of_their_own(store, now, queue):
    one, _ = queue("1", "2")
    until = now + timedelta(minutes=2)
    with store.write() as tx:
        assert tx.campaigns.postpone(
            one, "queued", "next", until=until, detail="451 later", attempts=1
        )

    with store.read() as tx:
        both = [(CAMPAIGN, "chunk"), (CAMPAIGN, "next")]
        assert sorted(tx.campaigns.chunks(["queued", "wire"])) == both
        assert tx.campaigns.chunks(["queued"], "other") == []
        [mail] = tx.campaigns.mails("next")
    assert (mail.deployment.not_before, mail.deployment.attempts) == (until, 1)
    assert mail.deployment.delivery_detail == "451 later"


def test_what_is_left_of_a_chunk_can_be_given_to_another(store, now, queue):
    one, two = queue("1", "2")
    with store.write() as tx:
        tx.campaigns.finish(one, "queued", "failed", "550 nobody", now)
        assert tx.campaigns.rename("chunk", "next", ["queued", "wire"]) == 1
    with store.read() as tx:
        assert [mail.deployment.id for mail in tx.campaigns.mails("next")] == [two]


def test_an_uncertain_mail_is_queued_again_on_demand_while_its_token_lives(store, now, queue):
    one, two = queue("1", "2")
    with store.write() as tx:
        for each in (one, two):
            tx.campaigns.hand_over(each, now, repeatable=False)
        tx.campaigns.settle("chunk", now)
        tx.deployments.revoke(["u2"])
        assert tx.campaigns.queue_again("chunk", "next", "uncertain", now) == 1
    assert delivery_of(store, one) == "queued"
    assert delivery_of(store, two) == "uncertain"


def test_the_cursor_moves_once_from_where_it_was(store, now):
    campaign = Campaign(id="c", created_at=now, actor="me", transport="mail", total=5)
    with store.write() as tx:
        tx.campaigns.add(campaign, Selection(search="Ruiz"))
        assert tx.campaigns.advance(campaign, "u5")
        assert not tx.campaigns.advance(campaign, "u7")
        moved = tx.campaigns.get("c")
        assert tx.campaigns.advance(moved, "u9", finished_at=now)
        assert not tx.campaigns.advance(tx.campaigns.get("c"), "u9")
        assert tx.campaigns.latest() == [evolve(campaign, cursor="u9", expanded_at=now)]


SELECTIONS = [
    Selection(),
    Selection(ids=()),
    Selection(ids=("a", "b")),
    Selection(search="x", profile="sales"),
]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_campaign_remembers_whom_it_is_for(store, now, selection):
    campaign = Campaign(id="c", created_at=now, actor="me", transport="", total=0)
    with store.write() as tx:
        tx.campaigns.add(campaign, selection)
    with store.read() as tx:
        assert tx.campaigns.selection("c") == selection


def test_who_is_left_out_is_listed_and_keeps_the_older_token(store, now, queue):
    [older] = queue("1")
    new = tokens.issue("u1", Settings(), campaign_id="other", now=now).deployment
    left_out = evolve(new, delivery="failed", delivery_detail="no PBX SIP password")
    left_out = evolve(left_out, token_state="revoked", downloads_left=0)
    with store.write() as tx:
        tx.campaigns.add_left_out([left_out])

    with store.read() as tx:
        [line] = tx.campaigns.lines("other", delivery="failed")
        assert tx.deployments.get(older).token_state == "open"
        assert tx.deployments.current("u1").id == older
    assert (line.user, line.deployment.delivery_detail) == ("1", "no PBX SIP password")
