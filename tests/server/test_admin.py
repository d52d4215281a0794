"""Administrators log in, change the one-time password, and look at users; strangers see nothing."""

import re
from datetime import timedelta

import pytest

from offhook.model.secrets import Secret
from offhook.provisioning import admins
from offhook.provisioning.downloads import Ask
from tests.server.conftest import NEW, OWN, PASSWORD, log_in

STANDARD = admins.hasher  # before any test replaces it


def test_passwords_are_hashed_as_the_standard_recommends():
    """RFC 9106, the second recommended option: what the other tests replace."""
    hashed = STANDARD.hash("correct horse battery")

    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_stranger_is_sent_to_the_login(portal):
    for path in ("/", "/users/user-7328", "/password"):
        answer = portal.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert portal.get("/login").status_code == 200
    assert portal.get("/healthz").text == "ok\n"
    assert portal.get("/readyz").text == "ready\n"


def test_the_session_is_a_cookie_that_only_this_host_gets_by_tls(portal, one_time):
    cookie = log_in(portal, one_time).headers["set-cookie"]

    assert re.match(r"__Host-offhook=[-\w]{43};", cookie)
    for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/", "Max-Age=28800"):
        assert word in cookie


def test_a_one_time_password_must_be_changed_first(portal, one_time):
    log_in(portal, one_time)

    assert portal.get("/").headers["location"] == "/password"
    weak = {"old": one_time, "new": "short", "again": "short"}
    answer = portal.post("/password", data=weak, headers=OWN)
    assert answer.status_code == 400
    assert "12 characters or more" in answer.text
    fields = {"old": one_time, "new": NEW, "again": NEW}
    assert portal.post("/password", data=fields, headers=OWN).headers["location"] == "/"
    assert portal.get("/").status_code == 200


def test_a_changed_password_ends_every_other_session(site, portal, one_time):
    other = admins.log_in(site.store, "admin", Secret(one_time), now=site.app.now())
    log_in(portal, one_time)
    portal.post("/password", data={"old": one_time, "new": NEW, "again": NEW}, headers=OWN)

    assert admins.who(site.store, other.reveal(), now=site.app.now()) is None
    assert log_in(portal, one_time).status_code == 401
    assert log_in(portal, NEW).status_code == 303


def test_a_session_ends_after_eight_hours_and_at_logout(site, logged_in):
    session = logged_in.cookies["__Host-offhook"]
    later = site.app.now() + timedelta(hours=8)
    assert admins.who(site.store, session, now=site.app.now())
    assert admins.who(site.store, session, now=later) is None

    logged_in.post("/logout", headers=OWN)

    assert admins.who(site.store, session, now=site.app.now()) is None


def test_wrong_passwords_are_limited_and_say_nothing_about_names(portal, one_time):
    wrong, nobody = log_in(portal, "wrong"), log_in(portal, "wrong", name="nobody")

    assert (wrong.status_code, wrong.content) == (nobody.status_code, nobody.content)
    log_in(portal, "wrong")
    assert log_in(portal, one_time).status_code == 429


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_post_that_another_site_caused_is_refused(logged_in, headers):
    assert logged_in.post("/logout", headers=headers).status_code == 403
    assert logged_in.get("/").status_code == 200


def test_a_post_of_an_older_browser_shows_where_it_comes_from(logged_in):
    headers = {"origin": "https://portal.example.test"}

    assert logged_in.post("/logout", headers=headers).status_code == 303


def test_the_list_is_searched_sorted_and_paged(site, logged_in):
    for number in range(120):
        site.add_user(str(1000 + number), last_name=f"Name{number:03}", first_name="")

    pages, link = [], "/?sort=number&order=up"
    while link:
        text = logged_in.get(link).text
        pages.append(re.findall(r"/users/user-(\d+)", text))
        found = re.search(r'rel="next" href="([^"]+)"', text)
        link = found[1].replace("&amp;", "&") if found else ""

    assert [len(page) for page in pages] == [50, 50, 20]
    assert [number for page in pages for number in page] == [
        str(1000 + number) for number in range(120)
    ]
    first = re.search(r"/users/user-(\d+)", logged_in.get("/?sort=number&order=down").text)
    assert first[1] == "1119"
    assert re.findall(r"/users/user-(\d+)", logged_in.get("/?q=name007").text) == ["1007"]
    assert logged_in.get("/?after=nonsense").status_code == 200


def test_the_list_shows_states_and_no_secret(site, logged_in):
    site.add_user("1", last_name="<script>alert(1)</script>")
    site.deployed("2", pin=Secret("4711"))
    token = site.deployed("3")
    site.app.redeem([Ask(token=token)])

    text = logged_in.get("/").text

    assert re.findall(r'class="badge ([-\w]+)"', text).count("not-deployed") == 1
    assert {"ready", "downloaded"} <= set(re.findall(r'class="badge ([-\w]+)"', text))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert PASSWORD not in text
    assert "4711" not in text
    assert token not in text


def test_a_user_is_explained(site, logged_in):
    token = site.deployed(settings={"downloads": 1})
    for _ in range(3):
        site.app.redeem([Ask(token=token, agent="LinphoneAndroid/6.0")])

    text = logged_in.get("/users/user-7328").text

    assert "LinphoneAndroid/6.0" in text
    assert "Every allowed download of the link has been used." in text
    assert token not in text
    assert logged_in.get("/users/nobody").status_code == 404


def test_no_page_holds_a_script_or_asks_a_third_party(site, logged_in):
    site.deployed()

    for path in ("/", "/users/user-7328", "/password", "/login", "/nothing"):
        text = logged_in.get(path).text
        assert "<script" not in text
        assert " style=" not in text
        assert re.findall(r'(?:src|href)="(?:https?:)?//', text) == []
