"""A deployment server's own host: real TLS, and /.well-known/offhook as a test says."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.lab.pki import Certificate


class Host:
    """What it answers by path: status, headers, body; and which paths it was asked for."""

    def __init__(self, certificate: Certificate, at: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(at, _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def name(self, *keys: str) -> None:
        """Name these public keys as those of its servers."""
        body = "".join(f"{key}\n" for key in keys).encode()
        self.answers["/.well-known/offhook"] = (200, {"content-type": "text/plain"}, body)

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def running(certificate: Certificate, at: tuple[str, int] = ("127.0.0.1", 0)) -> Iterator[Host]:
    """Run a host with this certificate."""
    host = Host(certificate, at)
    try:
        yield host
    finally:
        host.stop()


def _handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append(self.path)
            status, headers, body = host.answers.get(self.path, (404, {}, b"nothing here\n"))
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
