"""
A person's browser is led on from the service's page, by itself and by the link.

The browser comes last among the fixtures: a server does not end before its connections do.
"""

import threading
from typing import TYPE_CHECKING

import pytest
import uvicorn

from offhook.doors import Plugins
from offhook_redirector import serving
from offhook_redirector.settings import RedirectSettings
from tests.lab.processes import free_port, listens, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.lab


@pytest.fixture
def address(sqlite_store, pki, clock):
    """The service in this process, over TLS; returns its address."""
    port = free_port()
    app = serving.create(
        sqlite_store,
        RedirectSettings(public_url=f"https://localhost:{port}"),
        Plugins.installed().formats,
        now=clock,
    )
    config = uvicorn.Config(
        app,
        port=port,
        log_config=None,
        ssl_certfile=pki.leaf.chain,
        ssl_keyfile=pki.leaf.key,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: listens(port), "the service")
    yield f"https://localhost:{port}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("click", [False, True])
def test_a_person_comes_to_the_page_of_the_server(
    address, sqlite_store, host, clock, page: "Page", click
):
    sqlite_store.add_server("north", "N" * 43 + "=", now=clock())
    route = sqlite_store.open_route(
        "N" * 43 + "=", "localhost", host.port, "linphone", expires_at=clock().replace(year=2100)
    )
    host.answers["/d/TOKEN"] = (200, {"content-type": "text/html"}, b"<title>Welcome</title>")

    page.goto(f"{address}/{route.id}/c/TOKEN")
    assert page.title() == "Set up your phone"
    if click:
        page.click("a.button")
    page.wait_for_url(f"https://localhost:{host.port}/d/TOKEN")

    assert page.title() == "Welcome"
    assert "/d/TOKEN" in host.asked


def test_a_link_that_leads_nowhere_says_so(address, page: "Page"):
    page.goto(f"{address}/{'A' * 22}/d/TOKEN")

    assert page.title() == "Not available"
