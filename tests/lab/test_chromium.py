"""A real browser trusts the laboratory's authority and nothing beyond it."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.lab.pki import Certificate, Pki

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.lab


@contextmanager
def web_server(certificate: Certificate) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<title>offhook</title>")

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield f"https://localhost:{server.server_port}/"
        server.shutdown()
        thread.join(5)


def test_the_browser_trusts_our_authority(page: "Page", pki: Pki) -> None:
    with web_server(pki.leaf) as url:
        page.goto(url)
        assert page.title() == "offhook"


def test_the_browser_refuses_a_foreign_authority(page: "Page", pki: Pki) -> None:
    with web_server(pki.foreign) as url, pytest.raises(Exception, match="ERR_CERT_AUTHORITY"):
        page.goto(url)
