"""Where the transport is a redirect service, links lead through it, and codes where that works."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from attrs import define, evolve, field
from PIL import Image

import offhook_acrobits
import offhook_linphone
from offhook import generic
from offhook.api import Authorization, Refused, Route, Secret, Unreachable, hookimpl
from offhook.doors import Plugins
from offhook.model.profiles import Profile
from offhook.model.users import Selection
from offhook.provisioning import codes, connections, routes
from offhook.store.authorizations import StoredAuthorization
from tests.core.provisioning.deploying import URL, Site, Transport

EVERYBODY = Selection()
ROUTE = "https://r.example.net/abc"
EXPIRY = datetime(2030, 5, 1, tzinfo=UTC)


@define(eq=False)
class Redirect(Transport):
    """A transport that is a redirect service; ``asked`` are the places of its routes."""

    asked: list[tuple[str, int, str]] = field(factory=list)
    refused: dict[str, Exception] = field(factory=dict)

    @hookimpl
    def open_route(self, connection, host, port, client_format):
        self.asked.append((host, port, client_format))
        if host in self.refused:
            raise self.refused[host]
        return Route(address=ROUTE, expires_at=EXPIRY)


@pytest.fixture
def site(store, now):
    site = Site.build(store, now)
    redirect = Redirect()
    plugins = {"generic": generic, "linphone": offhook_linphone, "acrobits": offhook_acrobits}
    return evolve(site, plugins=Plugins({**plugins, "pigeon": redirect}), transport=redirect)


def add_profile(site, name, **settings):
    with site.store.write() as tx:
        settings = {"pbx_host": "pbx.example.org", **settings}
        tx.profiles.add(Profile(id=f"p-{name}", name=name, settings=settings))


def code_of(message):
    """Return the picture of a mail, by its pixels."""
    return Image.open(BytesIO(message.images[0].data)).tobytes()


def code(address, message):
    """Return the picture of the code that leads to *address*, with the token of a mail."""
    token = message.text.partition("/d/")[2].split()[0]
    return Image.open(BytesIO(codes.as_png(f"{address}/c/{token}"))).tobytes()


def deploy(site):
    campaign_id = site.deploy(EVERYBODY)
    site.send()
    return campaign_id


def test_links_lead_through_the_route_that_is_opened_once_for_all_of_a_chunk(site):
    site.add_users("1", "2", "3")

    campaign_id = deploy(site)

    assert site.counts(campaign_id) == {"sent": 3}
    assert site.transport.asked == [("phones.example.org", 8443, "offhook")]
    for message in site.transport.sent:
        assert f"{ROUTE}/d/" in message.text
        assert f"{ROUTE}/d/" in message.html
        assert f"{URL}/d/" not in message.text


def test_a_host_of_its_own_has_a_route_of_its_own(site):
    add_profile(site, "branch", download_host="branch.example.org")
    site.add_users("1")
    site.add_users("2", profile="branch")

    deploy(site)

    assert sorted(site.transport.asked) == [
        ("branch.example.org", 443, "offhook"),
        ("phones.example.org", 8443, "offhook"),
    ]


FORMATS = {"offhook": ROUTE, "acrobits": ROUTE, "linphone": URL}


@pytest.mark.parametrize(("client_format", "start"), FORMATS.items(), ids=FORMATS)
def test_a_code_leads_through_the_route_where_nobody_has_to_start_an_app_twice(
    client_format, start, site
):
    add_profile(site, "other", client_format=client_format)
    site.add_users("1", profile="other")

    deploy(site)

    (message,) = site.transport.sent
    assert f"{ROUTE}/d/" in message.text
    assert code_of(message) == code(start, message)


def test_with_a_pin_the_camera_reads_the_code_and_a_browser_follows(site):
    add_profile(site, "linphone", client_format="linphone")
    site.add_users("1", profile="linphone", pin=Secret("4711"))

    deploy(site)

    (message,) = site.transport.sent
    assert code_of(message) == code(ROUTE, message)


def test_without_a_mail_no_route_is_opened(site):
    site.add_users("1")

    site.deploy(EVERYBODY, transport="none")

    assert site.transport.asked == []


ERRORS = {
    "transport-unreachable": Unreachable("r.example.net does not answer."),
    "transport-unusable": Refused("phones.example.org is not proved.", hint="Look there."),
}


@pytest.mark.parametrize(("code", "error"), ERRORS.items(), ids=ERRORS)
def test_where_no_route_is_opened_mails_wait_and_go_out_later(code, error, site, now):
    site.add_users("1", "2")
    site.transport.refused["phones.example.org"] = error

    campaign_id = deploy(site)

    assert site.transport.calls == 0
    assert site.counts(campaign_id) == {"queued": 2}
    assert site.events() == [(code, "mail")]
    ((_, chunk, delay),) = site.queue
    assert site.line(campaign_id, "1").not_before == now + delay

    site.transport.refused.clear()
    site.send_chunk(*chunk)

    assert site.counts(campaign_id) == {"sent": 2}
    assert site.events() == []


def test_a_host_that_is_not_proved_holds_up_its_own_mails_only(site):
    add_profile(site, "branch", download_host="branch.example.org")
    site.add_users("1")
    site.add_users("2", profile="branch")
    site.transport.refused["branch.example.org"] = Refused("branch.example.org is not proved.")

    campaign_id = deploy(site)

    assert site.counts(campaign_id) == {"sent": 1, "queued": 1}
    assert site.events() == [("transport-unusable", "mail")]


def test_the_keys_of_connections_to_redirect_services_are_public(site, now):
    connections.add(site.store, site.plugins, "other", "pigeon", {}, actor="me", now=now)
    with site.store.write() as tx:
        for name, key in (("mail", "b-key"), ("other", "a-key")):
            given = Authorization(
                state="requested", token=Secret(key), secret=Secret("private"), token_id=key
            )
            tx.authorizations.put(StoredAuthorization(connection=name, authorization=given))

    assert routes.public_keys(site.store, site.plugins) == ["a-key", "b-key"]
    assert routes.public_keys(site.store, Plugins({"pigeon": Transport()})) == []
