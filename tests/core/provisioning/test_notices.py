"""Who wants to know of events gets each of them by mail, once."""

import pytest

from offhook.api import Unreachable
from offhook.errors import InvalidInput
from offhook.provisioning import notices
from tests.core.provisioning.deploying import URL, Site


@pytest.fixture
def site(store, now):
    """A site with a transport, and an event of yesterday."""
    site = Site.build(store, now)
    happen(site, "old")
    return site


def happen(site, subject, text="Something <happened>."):
    with site.store.write() as tx:
        tx.events.raise_once("minor", "example", subject, text, site.now)


def send(site):
    return notices.send(site.store, site.plugins, public_url=URL)


def want(site, *addresses):
    notices.mail_to(site.store, addresses, actor="me", now=site.now)


def test_events_are_mailed_once_from_the_wish_on(site):
    assert send(site) == 0
    want(site, "it@example.org", "boss@example.org")
    assert send(site) == 0
    happen(site, "new")
    happen(site, "other")
    happen(site, "new", "It goes on.")

    assert send(site) == 2
    assert send(site) == 0

    assert [each.to for each in site.transport.sent] == ["it@example.org", "boss@example.org"]
    mail = site.transport.sent[0]
    assert mail.subject == "offhook, minor: It goes on. and 1 more"
    assert "Something <happened>." in mail.text
    assert "Something &lt;happened&gt;." in mail.html


def test_a_transport_that_fails_keeps_them_for_later(site):
    want(site, "it@example.org")
    happen(site, "new")
    site.transport.outcomes["it@example.org"] = Unreachable("Down.")
    assert send(site) == 0
    site.transport.outcomes["it@example.org"] = "later"
    assert send(site) == 0
    site.transport.outcomes.clear()
    assert send(site) == 1


def test_nobody_is_mailed_any_more_and_no_address_is_guessed(site):
    want(site, "it@example.org")
    want(site)
    happen(site, "new")
    assert (send(site), notices.recipients(site.store)) == (0, [])
    with pytest.raises(InvalidInput, match="not-an-address"):
        want(site, "it@example.org", "not-an-address")
