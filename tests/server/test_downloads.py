"""Clients get configurations, persons get pages; whatever is refused looks the same."""

import json
import re
from datetime import timedelta

import pytest
from attrs import evolve
from starlette.testclient import TestClient

from offhook.errors import Unreachable
from offhook.model.secrets import Secret
from offhook.provisioning import profiles
from offhook.provisioning.downloads import Ask
from offhook_server import downloads
from tests.server.conftest import PASSWORD, URL

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "user-agent": "Mozilla/5.0"}
CLIENT = {"accept": "*/*", "user-agent": "LinphoneAndroid/6.0"}
SCANNERS = [
    ("GET", "/d", BROWSER),
    ("HEAD", "/d", {"accept": "*/*", "user-agent": "SafeLinks"}),
    ("GET", "/d", {"accept": "*/*", "user-agent": "Barracuda"}),
    ("GET", "/d", {"user-agent": "curl/8"}),
    ("GET", "/d", {"accept": "image/avif,*/*", "user-agent": "GoogleImageProxy"}),
    ("GET", "/c", BROWSER),
    ("HEAD", "/c", {"accept": "*/*"}),
    ("HEAD", "/c", BROWSER),
]
UNKNOWN = "ABCDE-FGHJK-MNPQR-STVWX"


def test_a_client_gets_its_configuration_and_the_download_is_counted(site, client):
    token = site.deployed()

    answer = client.get(f"/c/{token}", headers=CLIENT)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/xml"
    assert PASSWORD in answer.text
    assert site.deployment().downloads_left == 2
    assert site.deployment().downloaded_at


def test_a_client_may_ask_for_the_format_that_tells_everything(site, client):
    token = site.deployed()

    answer = client.get(f"/c/{token}", headers={"accept": "application/vnd.offhook.config+json"})

    assert answer.headers["content-type"] == "application/vnd.offhook.config+json"
    assert json.loads(answer.content)["accounts"][0]["password"] == PASSWORD


def test_browsers_and_link_scanners_use_nothing_up(site, client):
    token = site.deployed()

    for turn in range(200):
        method, path, headers = SCANNERS[turn % len(SCANNERS)]
        answer = client.request(method, f"{path}/{token}", headers=headers)
        assert answer.status_code == (405 if (method, path) == ("HEAD", "/c") else 200)
        assert PASSWORD not in answer.text

    assert site.deployment().downloads_left == 3
    assert site.deployment().downloaded_at is None
    assert site.deployment().opened_at


def test_where_people_sign_in_by_a_directory_the_page_says_so(site, client):
    token = site.deployed()
    assert "directory" not in client.get(f"/d/{token}", headers=BROWSER).text
    changed = {"directory_signin": "on"}
    profiles.edit(
        site.app.store, site.app.plugins, "default", changed, actor="", now=site.app.now()
    )

    assert "directory" in client.get(f"/d/{token}", headers=BROWSER).text


def test_head_is_no_way_to_ask_for_a_configuration(site, client):
    token = site.deployed()

    for path in (f"/c/{token}", f"/f/offhook?token={token}", f"/r/{token}"):
        answer = client.head(path)
        assert answer.status_code == 405
    assert site.deployment().downloads_left == 3


@pytest.fixture
def refused(site):
    """A token for every reason why one is refused."""
    spent, locked, revoked = (site.add_user(number) for number in ("1", "2", "3"))
    ended = {
        "unknown": UNKNOWN,
        "expired": site.deploy(site.add_user("4"), ago=timedelta(weeks=7)),
        "spent": site.deploy(spent, downloads=1),
        "locked": site.deploy(locked),
        "revoked": site.deploy(revoked),
    }
    site.app.redeem([Ask(token=ended["spent"])])
    site.deploy(revoked)
    with site.store.write() as tx:
        for _ in range(10):
            tx.deployments.count_wrong_pin(tx.deployments.current(locked.id).id, 10)
    return ended


def test_whatever_is_refused_looks_the_same_to_a_client(client, refused):
    answers = {
        _seen(answer)
        for token in refused.values()
        for answer in [client.get(f"/c/{token}", headers=CLIENT)]
    }

    assert len(answers) == 1
    assert next(iter(answers))[0] == 404


def test_whatever_is_refused_looks_the_same_to_a_client_that_signs_in(client, refused):
    answers = {
        _seen(client.get("/f/linphone", params={"token": token, "device": "d1"}))
        for token in refused.values()
    }

    assert len(answers) == 1


def test_whatever_is_refused_looks_the_same_to_a_person(client, refused):
    pages = {_seen(client.get(f"/d/{token}", headers=BROWSER)) for token in refused.values()}
    by_pin = {
        _seen(client.post(f"/d/{token}/pin", data={"pin": "1"})) for token in refused.values()
    }
    on_code = {_seen(client.get(f"/c/{token}", headers=BROWSER)) for token in refused.values()}

    assert len(pages | by_pin | on_code) == 1


def _seen(answer):
    headers = sorted((name, value) for name, value in answer.headers.items() if name != "date")
    return answer.status_code, tuple(headers), answer.content


def test_the_reason_is_kept_for_the_administrator(site, client):
    token = site.deployed(settings={"downloads": 1})

    for _ in range(3):
        client.get(f"/c/{token}", headers=CLIENT)

    with site.store.read() as tx:
        (refusal,) = tx.refusals.of(site.deployment().id)
    assert (refusal.reason, refusal.count) == ("spent", 2)
    assert refusal.agent == CLIENT["user-agent"]


def test_every_answer_is_neither_stored_nor_sniffed_nor_told_on(site, client):
    token = site.deployed()

    for path in (f"/d/{token}", f"/c/{token}", "/d", "/healthz", "/nothing", "/r/x", "/style.css"):
        headers = client.get(path).headers
        assert headers["cache-control"] == "no-store", path
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"]


def test_a_typed_token_leads_to_its_page(site, client):
    token = site.deployed()
    typed = f"  {token.lower().replace('-', ' ')} "

    answer = client.post("/d", data={"token": typed})

    assert answer.status_code == 303
    assert client.get(answer.headers["location"], headers=BROWSER).status_code == 200
    assert client.get("/d").status_code == 200


def test_a_token_with_a_pin_is_not_for_asking_directly(site, client):
    token = site.deployed(pin=Secret("4711"))

    plain = client.get(f"/c/{token}", headers=CLIENT)

    assert _seen(plain) == _seen(client.get(f"/c/{UNKNOWN}", headers=CLIENT))
    assert site.deployment().downloads_left == 3
    with site.store.read() as tx:
        assert [each.reason for each in tx.refusals.of(site.deployment().id)] == ["pin-needed"]


def test_the_right_pin_gives_an_address_that_is_counted_against_the_token(site, client):
    token = site.deployed(pin=Secret("4711"))
    assert 'name="pin"' in client.get(f"/d/{token}", headers=BROWSER).text

    page = client.post(f"/d/{token}/pin", data={"pin": "4711"}).text

    grant = re.search(r"linphone-config://[^/]+/c/([-\w]+)", page)[1]
    assert grant != token
    assert client.get(f"/c/{grant}", headers=BROWSER).status_code == 200
    assert client.get(f"/c/{grant}", headers=CLIENT).status_code == 200
    assert site.deployment().downloads_left == 2


def test_a_wrong_pin_is_said_and_ten_of_them_lock_the_token(site, client):
    token = site.deployed(pin=Secret("4711"))

    pages = [client.post(f"/d/{token}/pin", data={"pin": "0000"}) for _ in range(10)]

    assert "not right" in pages[0].text
    assert pages[8].status_code == 200
    assert pages[9].status_code == 404
    after = client.post(f"/d/{token}/pin", data={"pin": "4711"})
    assert _seen(after) == _seen(client.get(f"/d/{UNKNOWN}", headers=BROWSER))
    assert site.deployment().token_state == "locked"
    with site.store.read() as tx:
        assert [event.code for event in tx.events.latest()] == ["token-locked"]


def test_a_client_that_shows_nothing_or_an_unknown_format_is_refused(client):
    assert client.get("/f/offhook").status_code == 404
    assert client.get("/f/morse?token=x").status_code == 404


def test_what_cannot_be_rendered_is_not_counted_and_may_be_asked_again(site, client):
    token = site.deployed(pbx_password=None)

    answer = client.get(f"/c/{token}", headers=CLIENT)

    assert answer.status_code == 503
    assert answer.content == client.get(f"/c/{UNKNOWN}", headers=CLIENT).content
    assert site.deployment().downloads_left == 3


def test_a_huge_form_is_refused_before_it_is_read(client):
    assert client.post("/d", data={"token": "x" * 100_000}).status_code == 413


def test_while_the_database_is_away_nothing_is_refused_for_good(site, capsys):
    token = site.deployed()

    def away(*_):
        raise Unreachable("The database cannot be used: it is away")

    app = downloads.create(evolve(site.steps(), redeem=away, page=away))
    with TestClient(app, base_url=URL) as client:
        answers = [client.get(f"/c/{token}", headers=each) for each in (CLIENT, BROWSER)]

    assert [answer.status_code for answer in answers] == [503, 503]
    printed = capsys.readouterr()
    assert "it is away" in printed.out + printed.err
    assert "Traceback" not in printed.out + printed.err
