"""A gateway's approver clicks in a browser, and the verifier comes to the portal by itself."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import frozen

from offhook_simulators.authorities import DemoCertificate
from offhook_simulators.mbg import Mbg
from offhook_simulators.serving import LocalServer
from tests.journeys.edges import connected
from tests.journeys.installation import Installation, make_installation
from tests.lab.pki import Pki
from tests.lab.processes import Process, free_port
from tests.lab.tls_proxy import proxy_to

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.lab
APPROVE, DENY = "button[value=approve]", "button[value=deny]"


@frozen
class Site:
    """An installation that serves, with a gateway; ``portal`` is what browsers call the portal."""

    installation: Installation
    portal: str
    seen: list[tuple[str, str, dict[str, str]]]

    def begin(self, *arguments: str) -> tuple[Process, str]:
        """Ask by command line; returns the command, which waits, and where that is approved."""
        command = self.installation.start(
            "connections", "authorize", "edge", "--callback", *arguments
        )
        found = command.wait_until(
            lambda: re.search(r"approval at (\S+)", command.tail()), "the request", timeout=30
        )
        return command, found[1]

    def edge(self) -> tuple[bool, int | None]:
        """Return whether the gateway has let us in, and for how many days."""
        (found,) = self.installation.json("connections", "list")
        return found["verified"], found["expires_in_days"]


@pytest.fixture(params=["direct", "proxied"])
def site(request: pytest.FixtureRequest, tmp_path: Path, pki: Pki) -> Iterator[Site]:
    """
    A portal with TLS of its own, or one that listens in clear behind a proxy.

    The proxied one is another site than the gateway for a browser, not only another port.
    """
    certificate = DemoCertificate(pki.root, pki.leaf.chain, pki.leaf.key)
    port, proxied = free_port(), request.param == "proxied"
    behind = {
        "OFFHOOK_ADMIN_URL": f"https://127.0.0.1:{port}",
        "OFFHOOK_CERTIFICATE": "",
        "OFFHOOK_PRIVATE_KEY": "",
        "OFFHOOK_TRUSTED_PROXIES": "127.0.0.1",
    }
    with ExitStack() as running:
        enter = running.enter_context
        made = enter(make_installation(tmp_path, pki, behind if proxied else {}))
        enter(connected(made, Mbg(2), pki))
        made.serve()
        portal, seen = f"https://localhost:{made.admin_port}", []
        if proxied:
            proxy = proxy_to(made.admin_port)
            enter(LocalServer(proxy, port, certificate))
            portal, seen = behind["OFFHOOK_ADMIN_URL"], proxy.state.seen
        yield Site(made, portal, seen)


def test_the_command_line_waits_while_the_approver_clicks(site: Site, page: "Page") -> None:
    command, address = site.begin()
    page.goto(address)

    page.click(APPROVE)

    page.get_by_text("edge is authorised").wait_for()
    assert page.url.startswith(f"{site.portal}/authorized?")
    command.join(timeout=20)
    assert "edge is authorised: token T1, until 20" in command.tail()
    assert site.edge() == (True, 364)
    brought = parse_qs(urlsplit(page.url).query)
    log = (site.installation.home.parent / "serve.log").read_text()
    assert "/authorized" in log
    for name in ("oauth_token", "oauth_verifier"):
        assert brought[name][0] not in log
    page.reload()
    page.get_by_text("No request waits for this answer").wait_for()


def test_the_primary_administrator_authorises_in_the_portal(site: Site, page: "Page") -> None:
    log_in(site, page)
    page.click("nav >> text=Connections")
    page.get_by_text("not yet").wait_for()

    page.click("text=Authorise")
    page.click("text=Go to the gateway")
    page.click(APPROVE)

    page.get_by_text("edge is authorised").wait_for()
    page.click("text=To the connections")
    page.locator(".badge.verified").wait_for()
    assert page.get_by_role("button", name="Authorise").count() == 0
    assert site.edge() == (True, 364)
    cookies = {path: "__Host-offhook=" in head.get("cookie", "") for _, path, head in site.seen}
    if cookies:  # behind the proxy, where the gateway is another site
        assert (cookies["/authorized"], cookies["/connections"]) == (False, True)


@pytest.mark.parametrize("site", ["direct"], indirect=True)
def test_a_denial_is_told_in_the_browser_and_to_who_waits(site: Site, page: "Page") -> None:
    command, address = site.begin()
    page.goto(address)

    page.click(DENY)

    page.get_by_text("was denied at the gateway").wait_for()
    command.join(timeout=20)
    assert "was denied at the gateway" in command.tail()
    assert site.edge() == (False, None)


@pytest.mark.parametrize("site", ["direct"], indirect=True)
def test_who_approves_late_is_heard_by_the_server(site: Site, page: "Page") -> None:
    command, address = site.begin("--wait", "1")
    command.join(timeout=20)
    assert "within 1 s." in command.tail()
    assert "the server takes it" in command.tail()

    page.goto(address)
    page.click(APPROVE)

    page.get_by_text("edge is authorised").wait_for()
    assert site.edge() == (True, 364)


def log_in(site: Site, page: "Page") -> None:
    """Be the first administrator, who has to choose a password."""
    found = re.search(r"one-time password (\S+)", site.installation.said[0])
    assert found
    page.goto(site.portal)
    page.fill("#name", "admin")
    page.fill("#password", found[1])
    page.click("main button")
    page.fill("#old", found[1])
    page.fill("#new", "correct horse battery")
    page.fill("#again", "correct horse battery")
    page.click("main button")
