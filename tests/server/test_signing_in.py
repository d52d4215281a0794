"""Apps that sign in as their vendors documented it: once counted, refused in their own words."""

import json
import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from attrs import evolve

from offhook.model.secrets import Secret
from tests.server.conftest import PASSWORD
from tests.server.test_downloads import BROWSER, UNKNOWN


def acrobits(client, name, password):
    """Sign in as Acrobits does; returns status and elements."""
    asked = {"cloud_username": name, "cloud_password": password, "cloud_id": "EXAMPLE"}
    answer = client.get("/f/acrobits", params=asked)
    assert answer.headers["content-type"] == "application/xml"
    elements = {each.tag: each.text or "" for each in ElementTree.fromstring(answer.content)}
    return answer.status_code, elements


def sessiontalk(client, password, device="3kQs875391li29"):
    """Sign in as SessionTalk does; returns status and answer."""
    asked = {"username": "ada", "password": password, "deviceId": device, "reprovision": "true"}
    answer = client.get("/f/sessiontalk", params=asked)
    return answer.status_code, json.loads(answer.content)


def bria(client, password, name="ada"):
    """Sign in as Bria does; returns status and lines."""
    answer = client.post("/f/bria", data={"Username": name, "Password": password})
    return answer.status_code, answer.content.decode().split("\r\n")[:-1]


def revoke(site, number="7328"):
    """Revoke every device of the user."""
    with site.store.write() as tx:
        tx.devices.revoke([f"user-{number}"], datetime.now(UTC))


def test_acrobits_exchanges_the_token_once_and_refreshes_from_then_on(site, client):
    token = site.deployed()

    status, first = acrobits(client, "ada", token)
    assert (status, first["username"], first["password"]) == (200, "7328", PASSWORD)
    assert token not in first.values()
    assert site.deployment().downloads_left == 2
    assert site.deployment().applied_at is None

    for _ in range(5):
        status, again = acrobits(client, first["cloud_username"], first["cloud_password"])
        assert (status, again) == (200, first)
    assert site.deployment().downloads_left == 2
    assert site.deployment().applied_at, "the fresh pair proves that the first answer was taken"


def test_the_token_typed_in_another_app_of_acrobits_counts_again(site, client):
    token = site.deployed()

    handed = {acrobits(client, "ada", token)[1]["cloud_password"] for _ in range(3)}

    assert len(handed) == 3
    assert site.deployment().downloads_left == 0
    assert acrobits(client, "ada", token)[0] == 403


def test_acrobits_shows_a_message_whatever_is_refused(site, client):
    spent = site.deployed("1", settings={"downloads": 1})
    _, handed = acrobits(client, "ada", spent)
    asking_for_a_pin = site.deployed("2", pin=Secret("4711"))
    revoke(site, "1")

    answers = [
        acrobits(client, "ada", password)
        for password in (UNKNOWN, spent, asking_for_a_pin, handed["cloud_password"], "")
    ]

    assert {status for status, _ in answers} == {403}
    assert {tuple(elements) for _, elements in answers} == {("message",)}
    assert len({elements["message"] for _, elements in answers}) == 1


def test_sessiontalk_is_counted_once_per_installation(site, client):
    token = site.deployed()

    answers = [sessiontalk(client, token) for _ in range(5)]

    assert {status for status, _ in answers} == {200}
    assert answers[0][1]["sipaccounts"][0]["sippassword"] == PASSWORD
    assert site.deployment().downloads_left == 2
    assert site.deployment().applied_at
    sessiontalk(client, token, "another-installation")
    assert site.deployment().downloads_left == 1


def test_a_refused_sessiontalk_is_not_logged_out(site, client):
    token = site.deployed()
    sessiontalk(client, token)
    revoke(site)

    for password in (token, UNKNOWN, ""):
        status, answer = sessiontalk(client, password)
        assert status == 403
        assert answer["errmsg"]
        assert "sipaccounts" not in answer


def test_bria_is_counted_once_per_name(site, client):
    token = site.deployed()

    answers = [bria(client, token, name) for name in ("ada", "Ada", " ada ", "ada")]

    assert {status for status, _ in answers} == {200}
    assert answers[0][1][:2] == ["[DATA]", "Success=1"]
    assert answers[0][1][-1] == f'proxies:proxy0:password="{PASSWORD}"'
    assert site.deployment().downloads_left == 2
    assert site.deployment().applied_at


@pytest.mark.parametrize("password", [UNKNOWN, ""])
def test_bria_is_refused_with_an_answer_that_it_shows(site, client, password):
    site.deployed()

    status, lines = bria(client, password)

    assert status == 200
    assert lines[:2] == ["[DATA]", "Success=0"]
    assert lines[2].startswith('Failure="')
    assert PASSWORD not in "".join(lines)


def test_who_guesses_passwords_waits(make_client):
    client = make_client(most=3, seconds=60)

    statuses = [bria(client, UNKNOWN)[0] for _ in range(5)]

    assert statuses == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(("fetch", "told"), [("always", "3600"), ("once", None)])
def test_acrobits_learns_how_often_the_profile_wants_it_to_ask(site, client, fetch, told):
    set_profile(site, client_format="acrobits", refresh_interval=60, fetch=fetch)

    _, elements = acrobits(client, "ada", site.deployed())

    assert elements.get("extProvInterval") == told


def set_profile(site, **settings):
    """Change the profile of everybody."""
    with site.store.write() as tx:
        tx.profiles.replace(evolve(tx.profiles.named("default"), settings=settings))


@pytest.fixture
def of_bria(site):
    """The profile, for a client that signs in."""
    set_profile(site, client_format="bria")


@pytest.mark.usefixtures("of_bria")
def test_the_page_says_what_to_type_and_has_nothing_to_scan(site, client):
    token = site.deployed()

    page = client.get(f"/d/{token}", headers=BROWSER).text

    assert re.findall("<dd>(.*)</dd>", page) == ["7328", token]
    assert "<svg" not in page
    assert "/c/" not in page
    assert site.deployment().downloads_left == 3


@pytest.mark.usefixtures("of_bria")
def test_with_a_pin_the_page_shows_a_password_for_a_while_that_works_on(site, client):
    token = site.deployed(pin=Secret("4711"))
    assert "<dd>" not in client.get(f"/d/{token}", headers=BROWSER).text

    page = client.post(f"/d/{token}/pin", data={"pin": "4711"}).text

    name, password = re.findall("<dd>(.*)</dd>", page)
    assert password != token
    for _ in range(2):
        assert bria(client, password, name)[1][1] == "Success=1"
    assert site.deployment().downloads_left == 2
