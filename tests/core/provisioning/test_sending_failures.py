"""A transport that is away, refuses, breaks or says nothing: what waits, and until when."""

from datetime import timedelta

import pytest

from offhook.errors import Refused, Unreachable
from offhook.model.users import Selection
from offhook.provisioning import sending
from tests.core.provisioning.deploying import Site

EVERYBODY = Selection()


@pytest.fixture
def site(store, now):
    site = Site.build(store, now)
    site.add_users("1", "2", "3")
    return site


def test_an_unreachable_transport_puts_off_the_rest_and_warns(site):
    campaign_id = site.deploy(EVERYBODY)
    _, second, _ = site.in_order()
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
    _, second, _ = site.in_order()
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

    resumed, again = site.resend(campaign_id, "queued"), site.resend(campaign_id, "queued")
    site.send()
    site.send_chunk(*later)

    assert (resumed, again) == (3, 0)
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


def test_a_transport_that_says_nothing_is_asked_again_later(site):
    campaign_id = site.deploy(EVERYBODY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(site.transport), "_steps", lambda *_: iter(()))
        site.send()

    assert site.counts(campaign_id) == {"queued": 3}
    [(_, _, delay)] = site.queue
    assert delay == timedelta(minutes=1)
    assert site.line(campaign_id, "1").delivery_detail == sending.SILENCE
