"""The redirect service in this process, a server that signs, and that server's own host."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from starlette.testclient import TestClient

from offhook.doors import Plugins
from offhook_redirector import serving
from offhook_redirector.settings import RedirectSettings
from offhook_redirector.store import Store
from tests.lab.pki import Pki
from tests.lab.postgres import Postgres
from tests.redirect.hosts import Host, running

URL = "https://redirect.example.test"
COMPONENTS = ("@method", "@authority", "@target-uri", "content-type", "content-digest")


class Signer:
    """A deployment server's key pair, and requests signed with it."""

    def __init__(self) -> None:
        private = Ed25519PrivateKey.generate()
        self.key = base64.b64encode(private.public_key().public_bytes_raw()).decode()
        resolver = MappingKeyResolver(public_keys={}, private_keys={self.key: private})
        self._signer = HTTPMessageSigner(
            signature_algorithm=algorithms.ED25519, key_resolver=resolver
        )

    def sign(self, method: str, url: str, body: bytes = b"", **others: Any) -> dict[str, str]:
        """Return the headers of a signed request; *others* replace what is signed."""
        headers = {"Content-Type": "application/json"}
        now = datetime.now(UTC)
        given = {
            "key_id": self.key,
            "created": now,
            "expires": now + timedelta(seconds=60),
            "nonce": secrets.token_urlsafe(16),
            "covered_component_ids": COMPONENTS,
            "body": body,
            **others,
        }
        self._signer.sign(SimpleNamespace(method=method, url=url, headers=headers), **given)
        return headers


class Asker:
    """A deployment server that asks the service."""

    def __init__(self, client: TestClient, signer: Signer, url: str = URL) -> None:
        self.client, self.signer, self.url, self.key = client, signer, url, signer.key

    def get(self, path: str, **others: Any) -> httpx2.Response:
        """Ask with a signature."""
        return self.client.get(path, headers=self.signer.sign("GET", self.url + path, **others))

    def post(self, path: str, asked: Any, **others: Any) -> httpx2.Response:
        """Post JSON with a signature."""
        body = json.dumps(asked).encode()
        headers = self.signer.sign("POST", self.url + path, body, **others)
        return self.client.post(path, content=body, headers=headers)


class Clock:
    """The time, which a test may move on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    """The service's clock."""
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store on both databases."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'redirect.sqlite'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        address = postgres.create_database()
    opened = Store(address)
    opened.prepare()
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite, where the database does not matter."""
    opened = Store(f"sqlite:///{tmp_path / 'redirect.sqlite'}")
    opened.prepare()
    yield opened
    opened.close()


@pytest.fixture
def make_client(sqlite_store: Store, pki: Pki, clock: Clock) -> Iterator[Callable[..., TestClient]]:
    """Start the service in this process, with settings and options as a test wants them."""
    opened = []

    def make(options: Any = None, **settings: Any) -> TestClient:
        app = serving.create(
            sqlite_store,
            RedirectSettings(public_url=URL, **settings),
            **{
                "formats": Plugins.installed().formats,
                "ca": pki.root.read_text(),
                "allow_loopback": True,
                "now": clock,
                **(options or {}),
            },
        )
        client = TestClient(app, base_url=URL, raise_server_exceptions=False)
        opened.append(client.__enter__())
        return client

    yield make
    for each in opened:
        each.__exit__(None, None, None)


@pytest.fixture
def client(make_client: Callable[..., TestClient]) -> TestClient:
    """The service as its clients see it."""
    return make_client()


@pytest.fixture
def make_asker(make_client: Callable[..., TestClient], sqlite_store: Store) -> Callable[..., Asker]:
    """Start the service and make a server known to it."""

    def make(options: Any = None, **settings: Any) -> Asker:
        signer = Signer()
        sqlite_store.add_server("north", signer.key, now=datetime.now(UTC))
        return Asker(make_client(options, **settings), signer)

    return make


@pytest.fixture
def server(make_asker: Callable[..., Asker]) -> Asker:
    """A deployment server that the service knows."""
    return make_asker()


@pytest.fixture
def host(pki: Pki) -> Iterator[Host]:
    """A host that names nobody's key yet."""
    with running(pki.leaf) as started:
        yield started


@pytest.fixture
def own_host(server: Asker, host: Host) -> Host:
    """The host of the server that the service knows."""
    host.name(server.key)
    return host
