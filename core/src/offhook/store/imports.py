"""Staged users of a running import, and the one switch that makes them users."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import define, frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from offhook.errors import InvalidInput
from offhook.model.users import RESET_FIELDS
from offhook.store.encryption import Cipher
from offhook.store.mapping import USER_COLUMNS, columns_of_user, search_text
from offhook.store.tables import table

staged = table("staged_user")
imports = table("import")
users = table("user")

STALE = timedelta(hours=1)


@define(kw_only=True)
class StagedUser:
    """
    A checked row: all fields of `UserFields`, those of the user it overwrites filled in.

    ``revision`` is that user's, None for a new user; ``changes`` whether it differs from that user.
    """

    line: int
    user_id: str
    profile_id: str
    values: Mapping[str, Any]
    revision: int | None = None
    changes: bool = True


@frozen
class Duplicate:
    """A staged row whose ``value`` a user has (``known``), or ``times`` rows of the file have."""

    line: int
    value: str
    known: bool
    times: int


@frozen
class Counts:
    """How many users an import adds, how many it changes, and how many stay as they are."""

    added: int
    changed: int
    unchanged: int


def seal_rows(import_id: str, rows: Iterable[StagedUser], cipher: Cipher) -> list[dict[str, Any]]:
    """Return what `Imports.stage` stores; sealing takes long and is done outside transactions."""
    return [
        {
            "import_id": import_id,
            "line": row.line,
            "user_id": row.user_id,
            "profile_id": row.profile_id,
            "revision": row.revision,
            "changes": row.changes,
            "search": search_text(row.values),
            **columns_of_user(row.values, cipher),
        }
        for row in rows
    ]


class Imports:
    """The running imports of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, import_id: str, now: datetime) -> None:
        """Start an import, and end those that were cut off: they began over an hour ago."""
        self._connection.execute(delete(imports).where(imports.c.started_at < now - STALE))
        self._connection.execute(insert(imports).values(id=import_id, started_at=now))

    def end(self, import_id: str) -> None:
        """End an import; its staged rows go, and those of imports that were cut off."""
        self._connection.execute(delete(imports).where(imports.c.id == import_id))
        ended = staged.c.import_id.not_in(select(imports.c.id))
        self._connection.execute(delete(staged).where(ended))

    def stage(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store rows from `seal_rows`; they are not users yet."""
        if rows:
            self._connection.execute(insert(staged), list(rows))

    def duplicates(self, import_id: str, field: str, limit: int) -> tuple[int, list[Duplicate]]:
        """Return how many rows share their *field* with a user or another row; the first ones."""
        value = staged.c[field]
        each = (
            select(
                staged.c.line,
                value.label("value"),
                exists().where(users.c[field] == value).label("known"),
                func.count().over(partition_by=value).label("times"),
            )
            .where(staged.c.import_id == import_id, value != "")
            .subquery()
        )
        query = (
            select(each, func.count().over().label("total"))
            .where(or_(each.c.known, each.c.times > 1))
            .order_by(each.c.line)
            .limit(limit)
        )
        rows = self._connection.execute(query).all()
        found = [Duplicate(row.line, row.value, bool(row.known), row.times) for row in rows]
        return (rows[0].total if rows else 0), found

    def repeated(self, import_id: str, limit: int) -> dict[int, tuple[str, int]]:
        """Return up to *limit* rows that overwrite the user (by id) of an earlier row, and that."""
        first = func.min(staged.c.line).over(partition_by=staged.c.user_id).label("first")
        each = (
            select(staged.c.line, staged.c.user_id, first)
            .where(staged.c.import_id == import_id)
            .subquery()
        )
        query = select(each).where(each.c.line > each.c.first).order_by(each.c.line).limit(limit)
        return {line: (user_id, first) for line, user_id, first in self._connection.execute(query)}

    def unstage(self, import_id: str, lines: Iterable[int]) -> None:
        """Take rows back, up to 10,000."""
        mine = staged.c.import_id == import_id
        self._connection.execute(delete(staged).where(mine, staged.c.line.in_(list(lines))))

    def counts(self, import_id: str) -> Counts:
        """Return what the staged rows come to."""
        new = staged.c.revision.is_(None)
        query = select(
            func.count().filter(new),
            func.count().filter(~new, staged.c.changes),
            func.count().filter(~new, ~staged.c.changes),
        ).where(staged.c.import_id == import_id)
        return Counts(*self._connection.execute(query).one())

    def switch(self, import_id: str, fields: Collection[str], now: datetime) -> Counts:
        """
        Make the staged rows users, all in this transaction.

        Of users that are overwritten only *fields* change: names of `UserFields`, and ``profile``.
        100,000 rows hold SQLite's write lock for one second; overwriting names and addresses of
        all of them, for two. Raises `InvalidInput` where a user or profile has been changed or
        deleted since its row was checked.
        """
        if not self._connection.execute(delete(imports).where(imports.c.id == import_id)).rowcount:
            raise _changed("The import took over an hour and was given up.")
        expected = self.counts(import_id)
        mine = staged.c.import_id == import_id
        try:
            self._connection.execute(_insertion(mine, now))
            changed = self._connection.execute(_overwriting(mine, fields, now)).rowcount
        except IntegrityError as error:
            raise _changed("A profile was deleted while the file was read.") from error
        if changed != expected.changed:
            lost = expected.changed - changed
            raise _changed(f"{lost} users were changed or deleted while the file was read.")
        return expected


def _insertion(mine: ColumnElement[bool], now: datetime) -> Any:
    columns: dict[str, Any] = {
        "id": staged.c.user_id,
        "profile_id": staged.c.profile_id,
        "connection": literal(""),
        **dict.fromkeys(("source_key", "login", "role", "given"), literal("")),
        "waits": literal(False),
        "search": staged.c.search,
        "revision": literal(1),
        "force_count": literal(0),
        "created_at": literal(now, users.c.created_at.type),
        **{name: staged.c[name] for name in USER_COLUMNS.values()},
    }
    rows = select(*columns.values()).where(mine, staged.c.revision.is_(None))
    return insert(users).from_select(list(columns), rows)


def _overwriting(mine: ColumnElement[bool], fields: Collection[str], now: datetime) -> Any:
    columns = {**USER_COLUMNS, "profile": "profile_id"}
    names = [columns[name] for name in fields if name in RESET_FIELDS]
    moved = or_(false(), *(and_(users.c[n] != "", users.c[n] != staged.c[n]) for n in names))
    return (
        update(users)
        .where(mine, staged.c.changes)
        .where(users.c.id == staged.c.user_id, users.c.revision == staged.c.revision)
        .values(
            search=staged.c.search,
            revision=users.c.revision + 1,
            reset_at=case((moved, literal(now, users.c.reset_at.type)), else_=users.c.reset_at),
            **{columns[name]: staged.c[columns[name]] for name in fields},
        )
    )


def _changed(what: str) -> InvalidInput:
    return InvalidInput(f"{what} Nothing was imported.", hint="Import the file again.")
