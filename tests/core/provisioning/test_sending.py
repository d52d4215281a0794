"""Sending a chunk: the journal of each mail, what comes back later, and what a crash leaves."""

from datetime import timedelta

import pytest

from offhook.errors import InvalidInput, Refused, Unreachable
from offhook.model.users import Selection
from offhook.provisioning import campaigns, sending
from tests.core.provisioning.deploying import URL, Site

EVERYBODY = Selection()


@pytest.fixture
def site(store, now):
    site = Site.build(store, now)
    site.add_users("1", "2", "3")
    return site


def test_everybody_gets_one_mail(site):
    campaign_id = site.deploy(EVERYBODY)
    site.send()

    assert site.counts(campaign_id) == {"sent": 3}
    assert {message.to for message in site.transport.sent} == {f"{n}@example.org" for n in "123"}
    assert site.transport.calls == 1
    assert f"{URL}/d/" in site.transport.sent[0].text
    assert site.line(campaign_id, "1").delivered_at == site.now
    assert campaigns.progress(site.store, campaign_id).finished


def test_a_mail_is_on_the_wire_in_the_store_before_it_is_handed_over(site):
    campaign_id = site.deploy(EVERYBODY)
    seen = []
    site.transport.on_handover = lambda _: seen.append(site.counts(campaign_id)["wire"])
    site.send()

    assert seen == [1, 1, 1]


def test_running_a_chunk_again_sends_nothing_twice(site):
    campaign_id = site.deploy(EVERYBODY)
    chunk = site.queue[-1][1][1]
    site.send()
    site.send_chunk(campaign_id, chunk)

    assert len(site.transport.sent) == 3


class Killed(BaseException):
    """What kill -9 looks like from inside: no handler of ours runs."""


def crash_on_the_wire(site, number="1"):
    """Run the chunk until mail *number* is handed over, then die."""
    campaign_id = site.deploy(EVERYBODY)
    chunk = site.queue[-1][1][1]

    def finish(*_):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending._Delivery, "_receive", finish)
        with pytest.raises(Killed):
            site.send_chunk(campaign_id, chunk)
    site.transport.sent.clear()
    return campaign_id, chunk


def test_after_a_crash_the_mail_on_the_wire_is_uncertain_and_not_sent_again(site):
    campaign_id, chunk = crash_on_the_wire(site)
    assert site.counts(campaign_id) == {"wire": 1, "queued": 2}

    site.send_chunk(campaign_id, chunk)

    assert site.counts(campaign_id) == {"uncertain": 1, "sent": 2}
    assert len(site.transport.sent) == 2


def test_after_a_crash_a_repeatable_handover_is_made_again(site):
    site.transport.repeatable = True
    campaign_id, chunk = crash_on_the_wire(site)

    site.send_chunk(campaign_id, chunk)

    assert site.counts(campaign_id) == {"sent": 3}


def test_an_uncertain_mail_is_sent_again_by_choice(site):
    campaign_id, chunk = crash_on_the_wire(site)
    site.send_chunk(campaign_id, chunk)
    [line] = campaigns.lines(site.store, campaign_id, delivery="uncertain")

    queued = campaigns.resend(
        site.store, site.enqueue, campaign_id, "uncertain", actor="me", now=site.now
    )
    site.queue = site.queue[-1:]
    site.send()

    assert queued == 1
    assert site.counts(campaign_id) == {"sent": 3}
    assert site.transport.sent[-1].message_id == line.deployment.message_id


def test_sent_mails_are_not_sent_again_on_demand(site):
    campaign_id = site.deploy(EVERYBODY)
    with pytest.raises(InvalidInput, match="uncertain"):
        campaigns.resend(site.store, site.enqueue, campaign_id, "sent", actor="me", now=site.now)


def test_a_mail_put_off_comes_back_after_growing_pauses_and_is_given_up(site):
    site.transport.outcomes["2@example.org"] = "later"
    campaign_id = site.deploy(EVERYBODY)
    pauses = site.send()
    while len(pauses) < sending.MAX_ATTEMPTS - 1:
        [(_, (campaign, chunk), delay)] = site.queue
        pauses.append(delay)
        assert site.line(campaign_id, "2").not_before == site.now + delay
        assert site.counts(campaign_id) == {"sent": 2, "queued": 1}
        site.queue.clear()
        site.now += delay
        site.send_chunk(campaign, chunk)

    minutes = [pause.total_seconds() / 60 for pause in pauses]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert site.queue == []
    given_up = site.line(campaign_id, "2")
    assert (given_up.delivery, given_up.attempts) == ("failed", sending.MAX_ATTEMPTS - 1)
    assert "given up after 10 attempts: said later" in given_up.delivery_detail


@pytest.mark.parametrize("early", [True, False], ids=["at RCPT", "after the body"])
@pytest.mark.parametrize("outcome", ["failed", "uncertain"])
def test_a_permanent_answer_is_reported_for_its_user_only(site, outcome, early):
    site.transport.outcomes["2@example.org"] = outcome
    site.transport.refuses = {"2@example.org"} if early else set()
    campaign_id = site.deploy(EVERYBODY)
    site.send()

    assert site.counts(campaign_id) == {"sent": 2, outcome: 1}
    assert site.line(campaign_id, "2").delivery_detail
    assert site.queue == []


def first_and_rest(site, campaign_id):
    """The order of a chunk is that of random ids: return the recipients in it."""
    with site.store.read() as tx:
        return [mail.deployment.recipient for mail in tx.campaigns.mails(site.queue[-1][1][1])]


def test_an_unreachable_transport_puts_off_the_rest_and_warns(site):
    campaign_id = site.deploy(EVERYBODY)
    _first, second, _third = first_and_rest(site, campaign_id)
    site.transport.refuses = {second}
    site.transport.outcomes[second] = Unreachable("mail.example.org does not answer.")
    site.send()

    assert site.counts(campaign_id) == {"sent": 1, "queued": 2}
    [(_, _, delay)] = site.queue
    assert delay == sending.UNREACHABLE_PAUSE
    assert site.events() == [("transport-unreachable", "mail")]

    site.transport.outcomes.clear()
    site.send_chunk(*site.queue[-1][1])
    assert site.counts(campaign_id) == {"sent": 3}
    assert site.events() == []


def test_what_was_handed_over_when_the_transport_broke_is_uncertain(site):
    campaign_id = site.deploy(EVERYBODY)
    _first, second, _third = first_and_rest(site, campaign_id)
    site.transport.outcomes[second] = Unreachable("gone")
    site.send()

    assert site.counts(campaign_id) == {"sent": 1, "uncertain": 1, "queued": 1}


@pytest.mark.parametrize(
    "failure", [Refused("The login was refused."), RuntimeError("a bug")], ids=["refused", "bug"]
)
def test_an_unusable_transport_raises_a_major_event_and_keeps_the_rest(site, failure):
    site.transport.outcomes = dict.fromkeys((f"{n}@example.org" for n in "123"), failure)
    site.transport.refuses = set(site.transport.outcomes)
    campaign_id = site.deploy(EVERYBODY)
    site.send()

    assert site.counts(campaign_id) == {"queued": 3}
    [(_, _, delay)] = site.queue
    assert delay == sending.UNUSABLE_PAUSE
    assert site.events() == [("transport-unusable", "mail")]


def test_what_waits_can_be_sent_at_once_after_a_correction(site):
    site.transport.refuses = {f"{n}@example.org" for n in "123"}
    site.transport.outcomes = dict.fromkeys(site.transport.refuses, Refused("wrong password"))
    campaign_id = site.deploy(EVERYBODY)
    site.send()
    [(_, later, _)] = site.queue
    site.queue.clear()
    site.transport.outcomes = {}

    resumed = sending.resume(site.store, site.enqueue, campaign_id, actor="me", now=site.now)
    site.send()
    site.send_chunk(*later)

    assert resumed == 3
    assert site.counts(campaign_id) == {"sent": 3}
    assert site.transport.calls == 2


def test_outages_are_not_counted_as_attempts(site):
    site.transport.refuses = {f"{n}@example.org" for n in "123"}
    site.transport.outcomes = dict.fromkeys(site.transport.refuses, Unreachable("away"))
    campaign_id = site.deploy(EVERYBODY)
    site.send()
    for _ in range(sending.MAX_ATTEMPTS + 2):
        ids = site.queue[-1][1]
        site.queue.clear()
        site.send_chunk(*ids)

    assert site.counts(campaign_id) == {"queued": 3}
    assert site.line(campaign_id, "1").attempts == 0


@pytest.mark.parametrize("when", ["before", "at the handover"])
def test_a_link_that_ended_is_not_mailed(site, when):
    campaign_id = site.deploy(EVERYBODY)

    def revoke(*_):
        with site.store.write() as tx:
            tx.deployments.revoke(["u-1", "u-2", "u-3"])

    if when == "before":
        revoke()
    else:
        site.transport.on_handover = revoke
    site.send()

    sent = 0 if when == "before" else 1
    assert len(site.transport.sent) == sent
    assert site.counts(campaign_id).get("failed") == 3 - sent
    failed = campaigns.lines(site.store, campaign_id, delivery="failed")
    assert all("the link" in line.deployment.delivery_detail for line in failed)


def test_the_mail_of_a_deleted_user_is_not_sent(site):
    campaign_id = site.deploy(EVERYBODY)
    with site.store.write() as tx:
        tx.users.delete(["u-1"])
        tx.deployments.revoke(["u-1"])
    site.send()

    assert site.counts(campaign_id) == {"failed": 1, "sent": 2}


def test_a_transport_that_was_removed_is_a_reason(site):
    campaign_id = site.deploy(EVERYBODY)
    with site.store.write() as tx:
        tx.connections.delete(tx.connections.named("mail").id)
    site.send()

    assert site.counts(campaign_id) == {"failed": 3}
    assert "not a connection any more" in site.line(campaign_id, "1").delivery_detail


def test_a_worker_that_stops_hands_the_rest_to_the_next(site):
    campaign_id = site.deploy(EVERYBODY)
    site.send(stopping=lambda: len(site.transport.sent) >= 1)

    assert site.counts(campaign_id) == {"sent": 1, "queued": 2}
    assert site.transport.closed == 1
    [(_, _, delay)] = site.queue
    assert delay is None
    site.send()
    assert site.counts(campaign_id) == {"sent": 3}
    assert len(site.transport.sent) == 3


def test_a_transport_that_says_nothing_is_asked_again_later(site):
    campaign_id = site.deploy(EVERYBODY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(site.transport), "_steps", lambda *_: iter(()))
        site.send()

    assert site.counts(campaign_id) == {"queued": 3}
    [(_, _, delay)] = site.queue
    assert delay == timedelta(minutes=1)
    assert site.line(campaign_id, "1").delivery_detail == sending.SILENCE
