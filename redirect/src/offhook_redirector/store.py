"""What the redirect service keeps: servers that may use it, their routes, nonces. Nobody's name."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from offhook.errors import InvalidInput, Problem, UnknownName
from offhook.store.engines import open_engine, reporting, writing

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_LOCK = 0x6F66_6672  # for making tables: two instances may start at once
_metadata = MetaData()


def _time(name: str, **options: Any) -> "Column[float]":
    """Return a column of seconds since 1970: alike on both databases, and cheap to compare."""
    return Column(name, Float(53), nullable=False, **options)


def _owner() -> "Column[str]":
    return Column(
        "server", String(44), ForeignKey("redirect_servers.key", ondelete="CASCADE"), nullable=False
    )


_servers = Table(
    "redirect_servers",
    _metadata,
    Column("key", String(44), primary_key=True),
    Column("name", String(250), nullable=False, unique=True),
    _time("added_at"),
)
_routes = Table(
    "redirect_routes",
    _metadata,
    Column("id", String(32), primary_key=True),
    _owner(),
    Column("host", String(253), nullable=False),
    Column("port", Integer, nullable=False),
    Column("format", String(64), nullable=False),
    _time("expires_at", index=True),
    UniqueConstraint("server", "host", "port", "format"),
)
_nonces = Table(
    "redirect_nonces",
    _metadata,
    Column("digest", String(64), primary_key=True),
    _time("expires_at", index=True),
)
_mails = Table(
    "redirect_mails",
    _metadata,
    Column("digest", String(64), primary_key=True),
    Column("status", String(16), nullable=False),
    _time("since"),
    _time("expires_at", index=True),
)


@frozen
class Server:
    """A deployment server: the text of its public key, and the operator's name for it."""

    key: str
    name: str
    added_at: datetime
    routes: int = 0


@frozen
class Route:
    """Where a route leads, and the client format of those who take it; empty: any."""

    id: str
    host: str
    port: int
    format: str
    expires_at: datetime


@frozen
class Mail:
    """What is known of a mail that was handed over, or is just being."""

    status: str
    since: datetime


class Store:
    """Everything in one database, SQLite or PostgreSQL; raises `Unreachable` without it."""

    def __init__(self, address: str) -> None:
        self._engine = open_engine(address)

    def prepare(self) -> None:
        """Make the tables that are missing."""
        with self._writing() as connection:
            if self._engine.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            _metadata.create_all(connection)

    def check(self) -> None:
        """Ask the database something."""
        with self._reading() as connection:
            connection.execute(text("select 1"))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # Servers

    def add_server(self, name: str, key: str, *, now: datetime) -> None:
        """Let a server use the service; raises `InvalidInput` for a name or key that is there."""
        row = {"key": key, "name": name, "added_at": now.timestamp()}
        with self._writing() as connection:
            both = (_servers.c.name == name) | (_servers.c.key == key)
            if found := connection.execute(select(_servers).where(both)).first():
                field, value = ("name", name) if found.name == name else ("key", key)
                raise InvalidInput(
                    "The server cannot be added:",
                    [Problem(field, value, f"it is that of the server {found.name} already")],
                    hint="offhook redirect servers list shows them.",
                )
            connection.execute(self._insert(_servers).values(row))

    def remove_server(self, name: str) -> None:
        """Forget a server and its routes; raises `UnknownName`."""
        with self._writing() as connection:
            if not connection.execute(delete(_servers).where(_servers.c.name == name)).rowcount:
                known = connection.execute(select(_servers.c.name)).scalars().all()
                raise UnknownName("server", name, known)

    def servers(self, *, now: datetime) -> Sequence[Server]:
        """Return all servers, by name, with how many routes of each lead somewhere."""
        with self._reading() as connection:
            found = connection.execute(_with_routes(now).order_by(_servers.c.name)).all()
        return [_server(row) for row in found]

    def server(self, key: str, *, now: datetime) -> Server | None:
        """Return the server with that public key."""
        with self._reading() as connection:
            row = connection.execute(_with_routes(now).where(_servers.c.key == key)).first()
        return _server(row) if row else None

    def take_nonce(self, digest: str, *, expires_at: datetime) -> bool:
        """Whether *digest* is seen for the first time; it is remembered until it expires."""
        row = {"digest": digest, "expires_at": expires_at.timestamp()}
        with self._writing() as connection:
            return self._insert_once(connection, _nonces, row)

    def forget(self, *, now: datetime) -> None:
        """Delete what has expired: nonces, routes, digests of mails."""
        with self._writing() as connection:
            for each in (_nonces, _routes, _mails):
                connection.execute(delete(each).where(each.c.expires_at < now.timestamp()))

    # Routes

    def open_route(
        self, server: str, host: str, port: int, client_format: str, *, expires_at: datetime
    ) -> Route:
        """Return the server's route to *host*, made or prolonged."""
        place = {"server": server, "host": host, "port": port, "format": client_format}
        until = {"expires_at": expires_at.timestamp()}
        row = {"id": secrets.token_urlsafe(16), **place, **until}
        made = self._insert(_routes).values(row)
        made = made.on_conflict_do_update(index_elements=[*place], set_=until)
        with self._writing() as connection:
            return _route(connection.execute(made.returning(_routes)).one())

    def route(self, route_id: str, *, now: datetime) -> Route | None:
        """Return a route that has not expired."""
        wanted = (_routes.c.id == route_id) & (_routes.c.expires_at >= now.timestamp())
        with self._reading() as connection:
            row = connection.execute(select(_routes).where(wanted)).first()
        return _route(row) if row else None

    # Mails: only that they were sent, under a digest

    def mail(self, digest: str) -> Mail | None:
        """Return what is known of a mail."""
        with self._reading() as connection:
            row = connection.execute(select(_mails).where(_mails.c.digest == digest)).first()
        return Mail(row.status, _moment(row.since)) if row else None

    def claim_mail(self, digest: str, *, keep: timedelta, now: datetime) -> bool:
        """Whether nobody else has handed it over, or is about to; it is the caller's now."""
        since, until = now.timestamp(), (now + keep).timestamp()
        row = {"digest": digest, "status": "wire", "since": since, "expires_at": until}
        with self._writing() as connection:
            return self._insert_once(connection, _mails, row)

    def settle_mail(self, digest: str, status: str) -> None:
        """Remember what became of a claimed mail; empty: nothing, it may be sent again."""
        mine = _mails.c.digest == digest
        with self._writing() as connection:
            if status:
                connection.execute(update(_mails).where(mine).values(status=status))
            else:
                connection.execute(delete(_mails).where(mine))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with reporting(self._engine), self._engine.connect() as connection:
            yield connection

    def _writing(self) -> AbstractContextManager[Connection]:
        return writing(self._engine)

    def _insert(self, into: Table) -> Any:
        return _INSERTS[self._engine.dialect.name](into)

    def _insert_once(self, connection: Connection, into: Table, row: dict[str, Any]) -> bool:
        """Insert a row, and tell whether none like it was there."""
        made = self._insert(into).values(row).on_conflict_do_nothing()
        return connection.execute(made.returning(into.c.digest)).first() is not None


def _with_routes(now: datetime) -> Any:
    alive = (_routes.c.server == _servers.c.key) & (_routes.c.expires_at >= now.timestamp())
    count = select(func.count()).select_from(_routes).where(alive).scalar_subquery()
    return select(_servers, count.label("routes"))


def _server(row: Row[Any]) -> Server:
    return Server(row.key, row.name, _moment(row.added_at), row.routes)


def _route(row: Row[Any]) -> Route:
    return Route(row.id, row.host, row.port, row.format, _moment(row.expires_at))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
