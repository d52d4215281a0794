"""Sending a chunk: the journal of each mail, what comes back later, and what a crash leaves."""

import pytest

from offhook.errors import InvalidInput
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

    queued = site.resend(campaign_id, "uncertain")
    site.queue = site.queue[-1:]
    site.send()

    assert queued == 1
    assert site.counts(campaign_id) == {"sent": 3}
    assert site.transport.sent[-1].message_id == line.deployment.message_id


def test_sent_mails_are_not_sent_again_on_demand(site):
    campaign_id = site.deploy(EVERYBODY)
    with pytest.raises(InvalidInput, match="uncertain"):
        site.resend(campaign_id, "sent")


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


def test_a_mail_that_another_worker_has_taken_is_left_to_it(site):
    """A worker that was given up, and goes on: both have read the same chunk."""
    campaign_id = site.deploy(EVERYBODY)
    chunk = site.queue[-1][1][1]
    first, second, third = site.in_order()

    def take_over(_):
        site.transport.on_handover = lambda _: None
        site.transport.outcomes[second] = "later"
        site.send_chunk(campaign_id, chunk)

    site.transport.on_handover = take_over
    site.send_chunk(campaign_id, chunk)

    with site.store.read() as tx:
        states = {
            each.deployment.recipient: each.deployment.delivery
            for each in tx.campaigns.lines(campaign_id)
        }
    assert states == {first: "uncertain", second: "queued", third: "sent"}
    assert [message.to for message in site.transport.sent].count(third) == 1


def test_a_chunk_that_is_larger_than_may_be_sent_in_one_go_is_divided(site):
    campaign_id = site.deploy(EVERYBODY)
    chunk = site.queue.pop()[1]
    site.queue.clear()

    site.send_chunk(*chunk, at_most=2)

    assert site.counts(campaign_id) == {"sent": 2, "queued": 1}
    [(_, (_, rest), delay)] = site.queue
    assert delay is None
    site.send_chunk(campaign_id, rest, at_most=2)
    assert site.counts(campaign_id) == {"sent": 3}


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
