"""A proxy's word is believed, nobody else's; without TLS of our own nobody else is let in."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from offhook_server import proxies


def ask(peer, headers, *, trusted=("192.0.2.7", "10.0.0.0/8"), tls=False):
    """Return what the application, behind the proxies, sees as the client's address."""

    async def who(request: Request):
        return PlainTextResponse(request.client.host)

    app = Starlette(routes=[Route("/", who)])
    client = TestClient(proxies.behind(app, trusted, tls=tls), client=(peer, 1))
    return client.get("/", headers=headers)


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.1.2.3"])
def test_a_trusted_proxy_says_who_asks(peer):
    headers = {"x-forwarded-for": "203.0.113.5", "x-forwarded-proto": "https"}

    assert ask(peer, headers).text == "203.0.113.5"


def test_a_client_cannot_add_itself_in_front_of_what_the_proxy_says():
    headers = {"x-forwarded-for": "198.51.100.1, 203.0.113.5"}

    assert ask("192.0.2.7", headers).text == "203.0.113.5"


def test_anybody_else_is_not_believed():
    headers = {"x-forwarded-for": "203.0.113.5"}

    assert ask("198.51.100.9", headers, tls=True).text == "198.51.100.9"
    assert ask("198.51.100.9", headers, trusted=()).text == "198.51.100.9"


def test_without_tls_of_our_own_only_the_proxy_gets_in_and_only_for_tls():
    assert ask("198.51.100.9", {}).status_code == 403
    assert ask("192.0.2.7", {"x-forwarded-proto": "http"}).status_code == 403
    assert ask("192.0.2.7", {}).status_code == 200
    assert ask("127.0.0.1", {}).status_code == 200
