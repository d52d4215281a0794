"""The portal shows connections, asks gateways to let us in, and hears what approvers bring."""

import re
from urllib.parse import urlsplit

import pytest

from offhook.model.admins import Admin
from offhook.provisioning import authorizations, connections
from tests.plugins.mbg_system import running
from tests.server.conftest import NEW, OWN, PORTAL, log_in

AUTHORIZE = "/connections/edge/authorize"


@pytest.fixture
def gateway(pki):
    """A border gateway that has not let us in."""
    with running(pki, let_in=False) as system:
        yield system


@pytest.fixture
def edge(site, gateway):
    """The connection to it."""
    names = ("host", "port", "ca_file", "consumer_id")
    texts = {name: str(gateway.options[name]) for name in names}
    texts["consumer_secret"] = gateway.options["consumer_secret"].reveal()
    told = {"actor": "me", "now": site.app.now()}
    return connections.add(site.store, site.app.plugins, "edge", "mbg", texts, **told)


@pytest.fixture
def back(site, gateway, edge):
    """Ask for the connection, and return where the approver is sent after a decision."""

    def decide(decision="approve"):
        told = {"actor": "me", "now": site.app.now()}
        callback = site.app.settings.callback_url
        asked = authorizations.begin(
            site.store, site.app.plugins, "edge", callback=callback, **told
        )
        return gateway.decide(asked, decision).headers["Location"]

    return decide


def standing(site):
    """Return what is kept of the authorisation."""
    with site.store.read() as tx:
        return tx.authorizations.get("edge")


def test_the_list_says_how_every_connection_stands(site, logged_in, edge, back):
    text = logged_in.get("/connections").text
    for shown in ("edge", edge.id, "mbg", "localhost", "not yet", "gateway</small>"):
        assert shown in text
    assert text.count(">Authorise</button>") == 1

    logged_in.get(back())
    text = logged_in.get("/connections").text

    assert "T1" in text
    assert re.search(r'class="badge verified">verified<.*>36[45]<', text, re.S)
    assert "Authorise" not in text


def test_the_primary_administrator_asks_and_the_approver_is_sent_back(
    site, logged_in, gateway, edge
):
    page = logged_in.post(AUTHORIZE, headers=OWN)

    request = standing(site).authorization
    assert page.status_code == 200
    assert f'<code id="token">{request.token_id}</code>' in page.text
    assert f'href="{request.approve_at}"' in page.text
    assert f"{PORTAL}/authorized" in page.text
    assert request.secret.reveal() not in page.text
    assert gateway.decide(request).headers["Location"].startswith(f"{PORTAL}/authorized?")
    with site.store.read() as tx:
        assert tx.audit.latest()[0].actor == "admin"


def test_an_authorised_gateway_is_not_asked_again(site, logged_in, back):
    logged_in.get(back())

    page = logged_in.post(AUTHORIZE, headers=OWN)

    assert (page.status_code, "authorised already" in page.text) == (409, True)
    assert standing(site).authorization.state == "verified"


def test_a_gateway_that_does_not_answer_is_named_with_the_reason(site, logged_in, gateway, edge):
    gateway.simulator.stopped = 503

    page = logged_in.post(AUTHORIZE, headers=OWN)

    assert (page.status_code, "is not active" in page.text) == (403, True)
    assert logged_in.post("/connections/nobody/authorize", headers=OWN).status_code == 404


def test_another_role_sees_but_does_not_ask(site, portal, one_time, edge):
    with site.store.write() as tx:
        hashed = tx.admins.named("admin").password_hash
        helper = Admin(name="helper", role="helpdesk", password_hash=hashed, one_time=False)
        tx.admins.add(helper, site.app.now())
    log_in(portal, one_time, name="helper")

    assert "edge" in portal.get("/connections").text
    assert ">Authorise</button>" not in portal.get("/connections").text
    page = portal.post(AUTHORIZE, headers=OWN)

    assert (page.status_code, "Only the primary administrator" in page.text) == (403, True)
    assert standing(site) is None


def test_strangers_and_other_sites_ask_nothing(site, portal, one_time, edge):
    assert portal.post(AUTHORIZE, headers=OWN).headers["location"] == "/login"
    log_in(portal, one_time)
    assert portal.post(AUTHORIZE, headers=OWN).headers["location"] == "/password"
    portal.post("/password", data={"old": one_time, "new": NEW, "again": NEW}, headers=OWN)
    assert portal.post(AUTHORIZE, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert portal.get(AUTHORIZE).status_code == 405
    assert standing(site) is None


def test_what_the_approver_brings_needs_no_login(site, portal, back):
    address = back()

    page = portal.get(address)

    assert page.status_code == 200
    assert "edge is authorised" in page.text
    given = standing(site).authorization
    assert (given.state, given.token_id) == ("verified", "T1")
    assert f"{given.expires_at:%Y-%m}" in page.text
    for secret in (given.token, given.secret):
        assert secret.reveal() not in page.text
    with site.store.read() as tx:
        assert tx.audit.latest()[0].actor == "browser at testclient"


def test_an_answer_is_taken_once(portal, back):
    address = back()
    portal.get(address)

    again = portal.get(address)

    assert (again.status_code, "No request waits" in again.text) == (404, True)


def test_head_takes_nothing(site, portal, back):
    address = back()

    assert portal.head(address).status_code == 405
    assert standing(site).authorization.state == "requested"
    assert portal.get(address).status_code == 200


def test_a_denial_is_told_and_ends_the_request(site, portal, back):
    page = portal.get(back("deny"))

    assert (page.status_code, "was denied at the gateway" in page.text) == (403, True)
    assert standing(site) is None


def test_a_wrong_verifier_is_refused_and_the_right_one_still_counts(site, portal, back):
    address = back()

    page = portal.get(re.sub("oauth_verifier=[^&]+", "oauth_verifier=wrong", address))

    assert (page.status_code, "finds the verifier wrong" in page.text) == (403, True)
    assert standing(site).authorization.state == "requested"
    assert portal.get(address).status_code == 200


def test_a_gateway_that_fails_is_told_and_the_answer_can_be_sent_again(portal, gateway, back):
    address = back()
    gateway.simulator.faults.failing.add("access_token")
    assert portal.get(address).status_code == 502

    gateway.simulator.faults.failing.clear()

    assert portal.get(address).status_code == 200


@pytest.mark.parametrize("query", ["", "?oauth_token=x", "?oauth_verifier=y", "?oauth_token=é&x"])
def test_an_unknown_answer_finds_nothing(site, portal, back, query):
    back()

    assert portal.get(f"/authorized{query}").status_code == 404
    assert standing(site).authorization.state == "requested"


def test_who_tries_many_tokens_has_to_wait(portal, back):
    address = back()
    tried = [portal.get(f"/authorized?oauth_token={each}").status_code for each in range(61)]

    assert (tried[0], tried[-1]) == (404, 429)
    assert portal.get(address).status_code == 429


def test_the_log_has_neither_token_nor_verifier(portal, back, capfd):
    address = back()

    portal.get(address)

    said = "".join(capfd.readouterr())
    assert "/authorized" in said
    for pair in urlsplit(address).query.split("&"):
        assert pair.partition("=")[2] not in said
