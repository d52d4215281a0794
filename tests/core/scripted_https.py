"""A web server on loopback that answers what a test tells it to, and notes what it was asked."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import Factory, define, frozen

from tests.lab.pki import Certificate


@frozen(kw_only=True)
class Reply:
    """
    One answer; ``body`` is sent as it is, anything but bytes as JSON.

    ``cut`` bytes are left out at its end, ``wait`` seconds go by before it and ``drip`` seconds
    after every byte, ``reset`` breaks the connection instead.
    """

    status: int = 200
    body: Any = Factory(dict)
    kind: str = "application/json"
    headers: Mapping[str, str] = Factory(dict)
    cut: int = 0
    wait: float = 0
    drip: float = 0
    reset: bool = False


@define(kw_only=True)
class ScriptedWeb:
    """Where it is, the replies still to come (the last one is repeated), what it was asked."""

    base: str
    replies: list[Reply]
    asked: list[tuple[str, str, Mapping[str, str], bytes]] = Factory(list)
    ending: threading.Event = Factory(threading.Event)


@contextmanager
def serve(*replies: Reply, certificate: Certificate | None = None) -> Iterator[ScriptedWeb]:
    """Serve *replies* one after the other, over TLS where there is a certificate."""
    server = _Server(("127.0.0.1", 0), _Handler)
    scheme = "http"
    if certificate:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(certificate.chain, certificate.key)
        scheme = "https"
    base = f"{scheme}://localhost:{server.server_port}"
    server.web = ScriptedWeb(base=base, replies=list(replies))
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield server.web
    finally:
        server.web.ending.set()
        server.shutdown()
        thread.join(5)
        server.server_close()


class _Server(ThreadingHTTPServer):
    context: ssl.SSLContext | None = None
    web: ScriptedWeb

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread; whoever refuses us just goes."""
        with suppress(OSError):
            request.settimeout(10)
            if not self.context:
                super().finish_request(request, client_address)
                return
            with self.context.wrap_socket(request, server_side=True) as wrapped:
                super().finish_request(wrapped, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        web = self.server.web
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        web.asked.append((self.command, self.path, self.headers, body))
        reply = web.replies.pop(0) if len(web.replies) > 1 else web.replies[0]
        web.ending.wait(reply.wait)
        if reply.reset:
            # Without lingering, closing sends a reset.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            socket.socket.close(self.connection)
            return
        self.say(reply)

    do_GET = do_POST = do_PUT = answer  # noqa: N815  the names that the library calls

    def say(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        headers = {"Content-Type": reply.kind, "Content-Length": str(len(body)), **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        sent = body[: len(body) - reply.cut]
        size = 1 if reply.drip else len(sent) or 1
        for start in range(0, len(sent), size):
            self.wfile.write(sent[start : start + size])
            self.server.web.ending.wait(reply.drip)
        self.close_connection = bool(reply.cut)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
