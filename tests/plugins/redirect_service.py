"""The real redirect service in this process, over TLS, and connections of ours to it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from attrs import evolve, frozen

import offhook_redirect
from offhook.api import Begin, Connection, Finish, Secret
from offhook.doors import Plugins
from offhook.testing import sample_connection
from offhook_redirect import Options
from offhook_redirector import serving
from offhook_redirector.settings import RedirectSettings
from offhook_redirector.store import Store
from tests.lab.pki import Pki
from tests.lab.processes import free_port, listens, wait_until

DOOR = Plugins({"redirect": offhook_redirect})


def connection_to(port: int, pki: Pki, **options: Any) -> Connection[Options]:
    """Return a connection to what listens at *port* of this machine."""
    given = {"host": "localhost", "ca_file": str(pki.root), "sender": "it@example.org", **options}
    return sample_connection("redirect", Options(port=port, **given))


@frozen
class Service:
    """Where the service is, and what it keeps."""

    port: int
    store: Store
    pki: Pki

    def connection(self, **options: Any) -> Connection[Options]:
        """Return a connection that has no key yet."""
        return connection_to(self.port, self.pki, **options)

    def let_in(self, connection: Connection[Options], name: str = "north") -> Connection[Options]:
        """Go through the authorisation with an operator who adds the key."""
        asked = evolve(connection, authorization=DOOR.authorize(connection, Begin()))
        assert asked.authorization
        self.store.add_server(name, asked.authorization.token_id, now=datetime.now(UTC))
        return evolve(asked, authorization=DOOR.authorize(asked, Finish(Secret(""))))

    def known(self, **options: Any) -> Connection[Options]:
        """Return a connection that the service knows."""
        return self.let_in(self.connection(**options))


@contextmanager
def run_service(folder: Path, pki: Pki, **settings: Any) -> Iterator[Service]:
    """Run the service with these settings, in a thread."""
    port = free_port()
    store = Store(f"sqlite:///{folder / 'redirect.sqlite'}")
    store.prepare()
    app = serving.create(
        store,
        RedirectSettings(public_url=f"https://localhost:{port}", **settings),
        {},
        ca=pki.root.read_text(),
        allow_loopback=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.leaf.chain, pki.leaf.key)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, ssl_context_factory=lambda *_: context)
    )
    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            wait_until(lambda: server.started and listens(port), "the redirect service")
            yield Service(port, store, pki)
        finally:
            server.should_exit = True
            thread.join(10)
            store.close()
