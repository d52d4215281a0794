"""A site on SQLite and on PostgreSQL, and its downloads application."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.testclient import TestClient

from offhook.app import App
from offhook.model.deployments import Deployment
from offhook.model.profiles import Profile
from offhook.model.secrets import Secret
from offhook.model.settings import Settings
from offhook.model.users import User
from offhook.provisioning import admins, tokens
from offhook.settings import ProcessSettings
from offhook.store.encryption import Cipher
from offhook_server import admin, downloads
from offhook_server.asking import Steps
from offhook_server.commands import steps_of
from offhook_server.guesses import Guesses
from tests.core.conftest import (  # noqa: F401  fixtures
    cipher,
    database_url,
    empty_sqlite,
    shared_postgres,
)

PASSWORD = "s3cret-of-the-phone"
URL = "https://phones.example.test"
PORTAL = "https://portal.example.test"
OWN = {"sec-fetch-site": "same-origin"}
NEW = "correct horse battery"


class Site:
    """An installation with one profile, and users with links as the tests need them."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.store = app.store
        with self.store.write() as tx:
            tx.profiles.add(
                Profile(id="p1", name="default", settings={"client_format": "linphone"})
            )

    def add_user(self, number: str = "7328", **fields: Any) -> User:
        """Store a complete user, or one that differs in the given fields."""
        user = User(
            **{
                "id": f"user-{number}",
                "profile": "default",
                "created_at": datetime.now(UTC),
                "first_name": "Ada",
                "last_name": "Lovelace",
                "number": number,
                "email": f"{number}@example.test",
                "pbx_host": "pbx.example.test",
                "pbx_username": number,
                "pbx_password": Secret(PASSWORD),
                **fields,
            }
        )
        with self.store.write() as tx:
            tx.users.add(user, "p1")
        return user

    def deploy(self, user: User, *, ago: timedelta = timedelta(), **settings: Any) -> str:
        """Give the user a link; returns the token's text."""
        made = datetime.now(UTC) - ago
        new = tokens.issue(user.id, Settings(**settings), campaign_id="c1", now=made)
        with self.store.write() as tx:
            tx.deployments.add([new])
        return new.token.reveal()

    def deployed(self, number: str = "7328", *, settings: Any = None, **fields: Any) -> str:
        """Store a user and return the token of the link."""
        return self.deploy(self.add_user(number, **fields), **(settings or {}))

    def deployment(self, number: str = "7328") -> Deployment:
        """Return the user's current deployment."""
        with self.store.read() as tx:
            found = tx.deployments.current(f"user-{number}")
        assert found
        return found

    def steps(self) -> Steps:
        """Return what the downloads application is handed."""
        return steps_of(self.app)


@pytest.fixture(autouse=True)
def hash_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords at the lowest cost: as they are, each takes a quarter of a second."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(admins, "hasher", quick)


@pytest.fixture
def site(database_url: str, cipher: Cipher, tmp_path: Path) -> Iterator[Site]:  # noqa: F811
    """An installation on both databases."""
    settings = ProcessSettings(
        home=tmp_path,
        database=database_url,
        keys=str(tmp_path / "keys"),
        public_url=URL,
        admin_url=PORTAL,
    )
    app = App(settings, actor="test")
    yield Site(app)
    app.store.close()


@pytest.fixture
def make_client(site: Site) -> Iterator[Callable[..., TestClient]]:
    """Make clients of one downloads application, each at an address; the first sets its limits."""
    opened: list[TestClient] = []
    apps: list[Starlette] = []

    def make(address: str = "192.0.2.7", **guesses: Any) -> TestClient:
        if not apps:
            apps.append(downloads.create(site.steps(), Guesses(**guesses)))
        client = TestClient(apps[0], base_url=URL, client=(address, 4711), follow_redirects=False)
        opened.append(client.__enter__())
        return opened[-1]

    yield make
    for client in reversed(opened):
        client.__exit__(None, None, None)


@pytest.fixture
def client(make_client: Callable[..., TestClient]) -> TestClient:
    """A client of the downloads application."""
    return make_client()


@pytest.fixture
def portal(site: Site) -> Iterator[TestClient]:
    """A browser that has not logged in to the portal."""
    app = admin.create(site.app, Guesses(most=3, seconds=300))
    with TestClient(app, base_url=PORTAL, follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def one_time(site: Site) -> str:
    """The first administrator's one-time password."""
    password = admins.create_first(site.store, "admin", now=site.app.now())
    assert password
    return password.reveal()


@pytest.fixture
def logged_in(portal: TestClient, one_time: str) -> TestClient:
    """A browser in which the administrator has chosen a password."""
    log_in(portal, one_time)
    fields = {"old": one_time, "new": NEW, "again": NEW}
    assert portal.post("/password", data=fields, headers=OWN).status_code == 303
    return portal


def log_in(portal: TestClient, password: str, name: str = "admin") -> Any:
    """Send the login form."""
    return portal.post("/login", data={"name": name, "password": password}, headers=OWN)
