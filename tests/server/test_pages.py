"""The pages as a real browser shows them: phone and desk, light and dark, without JavaScript."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from offhook.model.secrets import Secret
from offhook.provisioning import admins
from offhook.provisioning.downloads import Ask
from tests.server.test_admin import NEW
from tests.server.test_downloads import UNKNOWN
from tests.server.test_serving import Server

pytestmark = [
    pytest.mark.lab,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
SHOTS = os.environ.get("SHOTS")  # a folder, for people who want to look


@pytest.fixture
def server(site, pki, tmp_path):
    """A running server."""
    running = Server(site, pki, tmp_path)
    yield running
    running.process.stop()


LOOKS = pytest.mark.parametrize(
    ("look", "size"), [("light", DESK), ("dark", PHONE)], ids=["light-desk", "dark-phone"]
)


@pytest.fixture
def visit(browser, server, look):
    """Open a window of the given size, on the downloads or the portal, without JavaScript."""
    contexts = []

    def opened(size, *, portal=False):
        port = server.admin_port if portal else server.port
        context = browser.new_context(
            viewport=size,
            color_scheme=look,
            java_script_enabled=False,
            base_url=f"https://localhost:{port}",
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def check(page, name):
    """Expect that nothing sticks out, that the style came, and that nobody else was asked."""
    page.wait_for_load_state()  # with its style
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1], f"{name} sticks out: {wide}"
    assert page.locator("body").evaluate("e => getComputedStyle(e).margin") == "0px"
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@LOOKS
def test_a_person_comes_from_the_mail_to_the_settings(site, visit, look, size):
    token, ended = site.deployed("1"), site.deployed("2", pin=Secret("4711"))
    page, kind = visit(size), f"{look}-{size['width']}"

    page.goto(f"/d/{token}")
    button = page.get_by_role("link", name="Open in Linphone")
    assert button.get_attribute("href").startswith("linphone-config://localhost:")
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    check(page, f"page-{kind}")

    page.goto(f"/d/{ended}")
    page.get_by_label("PIN").fill("0000")
    page.get_by_role("button", name="Continue").click()
    assert "not right" in page.get_by_role("alert").inner_text()
    check(page, f"pin-{kind}")
    page.get_by_label("PIN").fill("4711")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("link", name="Open in Linphone")).to_be_visible()

    page.goto("/d")
    check(page, f"type-{kind}")
    page.get_by_label("The code from your mail").fill(UNKNOWN.lower())
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_role("heading").inner_text() == "Not available"
    check(page, f"refused-{kind}")


@LOOKS
def test_an_administrator_logs_in_and_finds_out_why(site, visit, look, size):
    furnish(site)
    one_time = admins.create_first(site.store, "admin", now=site.app.now()).reveal()
    page, kind = visit(size, portal=True), f"{look}-{size['width']}"

    page.goto("/")
    check(page, f"login-{kind}")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(one_time)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("One-time password").fill(one_time)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    check(page, f"password-{kind}")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Users")).to_be_visible()
    check(page, f"users-{kind}")
    page.get_by_label("Search users").fill("müß")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Jürgen Müßig").click()
    assert "spent" in page.get_by_role("heading", level=1).inner_text() + page.content()
    check(page, f"user-{kind}")
    for there in ("profiles", "profiles/default"):
        page.goto(f"/{there}")
        check(page, f"{there.replace('/', '-')}-{kind}")
    page.get_by_role("button", name="Log out").click()
    page.goto("/")
    assert page.get_by_role("heading").inner_text() == "Log in"


def furnish(site):
    """Make users in every state that there is."""
    people = ("Zoë Washington", "Юлия Щёлокова", "Seán O'Neill", "Ana Ruiz de la Prada y Gómez")
    for number, name in enumerate(people, 7301):
        first, _, last = name.partition(" ")
        site.add_user(str(number), first_name=first, last_name=last)
    site.deploy(site.add_user("7311", last_name="Expired"), ago=timedelta(weeks=9))
    site.deployed("7312", last_name="Waiting", pin=Secret("4711"))
    applied = site.deployed("7313", last_name="Applied")
    site.app.redeem([Ask(token=applied, agent="LinphoneiOS/6.0 (iPhone15,2)")])
    with site.store.write() as tx:
        tx.deployments.note(tx.deployments.current("user-7313").id, applied_at=site.app.now())
    spent = site.deploy(site.add_user("7328", first_name="Jürgen", last_name="Müßig"), downloads=2)
    asks = [Ask(token=spent, agent="LinphoneAndroid/6.0 (Pixel 8) LinphoneSDK/5.4")] * 5
    site.app.redeem(asks)
    locked = site.deployed("7315", last_name="Locked")
    with site.store.write() as tx:
        for _ in range(10):
            tx.deployments.count_wrong_pin(tx.deployments.current("user-7315").id, 10)
    assert locked
