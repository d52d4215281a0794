"""A web server with a few fixed pages over TLS, for trying a client before there is a product."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import field, frozen

from tests.lab.pki import Certificate


@frozen
class Pages:
    """Where they are, what is there by path (anything else is 404), which paths were asked for."""

    base: str
    content: dict[str, str] = field(factory=dict)
    asked: list[str] = field(factory=list)

    def add(self, path: str, content: str) -> str:
        """Serve *content* at *path* and return its whole address."""
        self.content[path] = content
        return self.base + path


@contextmanager
def serve_pages(certificate: Certificate, *, kind: str = "application/xml") -> Iterator[Pages]:
    """Serve pages on `https://localhost` at a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages.asked.append(self.path)
            body = pages.content.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        pages = Pages(f"https://localhost:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield pages
        finally:
            server.shutdown()
            thread.join(5)
