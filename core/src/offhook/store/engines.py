"""Opens the database: SQLite in WAL mode, or PostgreSQL, by its URL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import clear_frames
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from offhook.errors import SettingsError, Unreachable

BUSY_SECONDS = 30
_HINTS = {
    "sqlite": "Check its folder, rights and disk; restore a damaged file from your backup.",
    "postgresql": "Check the setting database, and that the database server runs.",
}
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-32000",  # KiB: pages that are asked for at random stay in memory
    "wal_autocheckpoint=4000",  # pages: those that change often are copied back less often
)


def open_engine(address: str) -> Engine:
    """
    Return an engine for *address*; nothing is connected yet.

    Raises `SettingsError` for anything but a SQLite file or a PostgreSQL database.
    """
    url = _read_url(address)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            connect_args={"isolation_level": "IMMEDIATE", "timeout": BUSY_SECONDS},
            pool_use_lifo=True,  # the connection used last has its pages in memory
            hide_parameters=True,  # errors are logged
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    url = url.set(drivername="postgresql+psycopg")
    return create_engine(url, pool_pre_ping=True, hide_parameters=True)


def check_connection(engine: Engine) -> None:
    """Connect once; raises `Unreachable` with the database's own words when that fails."""
    with reporting(engine):
        engine.connect().close()


@contextmanager
def reporting(engine: Engine) -> Iterator[None]:
    """Turn the database's failures into `Unreachable`, with its own words."""
    try:
        yield
    except DatabaseError as error:
        place = engine.url.render_as_string(hide_password=True)
        raise Unreachable(
            f"The database {place} cannot be used: {str(error.orig).strip()}",
            hint=_HINTS[engine.dialect.name],
        ) from error


@contextmanager
def writing(engine: Engine, *, durable: bool = True) -> Iterator[Connection]:
    """
    Begin a transaction that holds the write lock from its start; it is committed at the end.

    The commit of one that is not *durable* does not wait for the disk: it outlives this process,
    but a power cut may undo it, unless a durable one has followed.
    """
    sqlite = engine.dialect.name == "sqlite"
    with reporting(engine), engine.connect() as connection:
        pragmas = connection.connection.driver_connection if sqlite and not durable else None
        if pragmas:
            pragmas.execute("PRAGMA synchronous=NORMAL")
        try:
            with connection.begin():
                if sqlite:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                elif not durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection
        except KeyboardInterrupt as stopped:
            clear_frames(stopped.__traceback__)  # a statement that is left in it keeps the lock
            raise
        finally:
            if pragmas and not connection.invalidated:  # Ctrl-C closes it
                pragmas.execute("PRAGMA synchronous=FULL")


def has_tables(engine: Engine) -> bool:
    """Whether there are tables of ours in the database."""
    return any(name.startswith("offhook_") for name in inspect(engine).get_table_names())


def _read_url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
        shown = url.render_as_string(hide_password=True) if url else "(unreadable)"
        raise SettingsError(
            f"The setting database is no address that offhook knows: {shown}",
            hint="Use sqlite:////FOLDER/FILE or postgresql://USER:PASSWORD@HOST/NAME.",
        )
    return url


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
