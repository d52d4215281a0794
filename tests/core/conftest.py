"""A store on SQLite and on PostgreSQL, users and links in it, and a clock that stands still."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from offhook.model.profiles import Profile
from offhook.model.secrets import Secret
from offhook.model.settings import Settings
from offhook.model.users import User
from offhook.provisioning import tokens
from offhook.store.encryption import Cipher, create_key_file
from offhook.store.engines import open_engine
from offhook.store.migrations import migrate
from offhook.store.store import VERSION_TABLE, Store
from offhook.store.tables import METADATA

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """The time that tests hand in."""
    return NOW


@pytest.fixture
def cipher(tmp_path: Path) -> Cipher:
    """A cipher with a key file of this test's own."""
    create_key_file(tmp_path / "keys")
    return Cipher(tmp_path / "keys")


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with empty tables, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "offhook.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def shared_postgres(request: pytest.FixtureRequest) -> str:
    """The URL of a PostgreSQL database with tables, emptied before each use."""
    url: str = request.getfixturevalue("postgres").create_database()
    _migrate(url)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.lab)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with empty tables, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "offhook.sqlite"
        shutil.copy(request.getfixturevalue("empty_sqlite"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("shared_postgres")
    _empty(url)
    return url


@pytest.fixture
def store(database_url: str, cipher: Cipher) -> Iterator[Store]:
    """An empty store, on SQLite and on PostgreSQL."""
    opened = Store.open(database_url, cipher)
    yield opened
    opened.close()


@pytest.fixture
def make_user(store: Store, now: datetime) -> Callable[..., User]:
    """Store a complete user, or one that differs in the given fields."""

    def make(
        number: str = "7328", *, settings: dict[str, Any] | None = None, **fields: Any
    ) -> User:
        with store.write() as tx:
            if not tx.profiles.named("default"):
                tx.profiles.add(Profile(id="p1", name="default", settings=settings or {}))
            user = User(
                id=f"user-{number}",
                profile="default",
                created_at=now,
                **{
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "number": number,
                    "email": f"{number}@example.test",
                    "pbx_host": "pbx.example.test",
                    "pbx_username": number,
                    "pbx_password": Secret("s3cret"),
                    **fields,
                },
            )
            tx.users.add(user, "p1")
        return user

    return make


@pytest.fixture
def issue(store: Store, now: datetime) -> Callable[..., str]:
    """Give a user a link; returns the token's text."""

    def give(user: User, **settings: Any) -> str:
        new = tokens.issue(user.id, Settings(**settings), campaign_id="c1", now=now)
        with store.write() as tx:
            tx.deployments.add([new])
        return new.token.reveal()

    return give


def _migrate(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()


def _empty(url: str) -> None:
    engine = open_engine(url)
    names = ", ".join(f'"{name}"' for name in METADATA.tables if name != VERSION_TABLE)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} CASCADE"))
    engine.dispose()
