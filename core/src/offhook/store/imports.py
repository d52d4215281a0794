"""Staged users of a running import, and the one switch that makes them users."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import define, frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from offhook.errors import InvalidInput
from offhook.store.encryption import Cipher
from offhook.store.mapping import SECRET_FIELDS, USER_FIELDS, columns_of_user, search_text
from offhook.store.tables import table

staged = table("staged_user")
imports = table("import")
users = table("user")

STALE = timedelta(hours=1)
_USER_COLUMNS = tuple(f"{name}_sealed" if name in SECRET_FIELDS else name for name in USER_FIELDS)


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
class Repeated:
    """A staged row that overwrites the same user as the earlier row ``first``."""

    line: int
    user_id: str
    first: int


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

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def begin(self, import_id: str, now: datetime) -> None:
        """Start an import, and end those that were cut off: they began over an hour ago."""
        self._connection.execute(delete(imports).where(imports.c.started_at < now - STALE))
        self._connection.execute(insert(imports).values(id=import_id, started_at=now))

    def end(self, import_id: str) -> bool:
        """End an import; tells whether it was still running. Its rows go with `sweep`."""
        return bool(
            self._connection.execute(delete(imports).where(imports.c.id == import_id)).rowcount
        )

    def sweep(self, limit: int) -> int:
        """Delete up to *limit* staged rows of imports that have ended; returns how many."""
        key = tuple_(staged.c.import_id, staged.c.line)
        ended = staged.c.import_id.not_in(select(imports.c.id))
        chosen = select(staged.c.import_id, staged.c.line).where(ended).limit(limit)
        return self._connection.execute(delete(staged).where(key.in_(chosen))).rowcount

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

    def repeated(self, import_id: str, limit: int) -> list[Repeated]:
        """Return up to *limit* rows that overwrite the same user as an earlier one."""
        first = func.min(staged.c.line).over(partition_by=staged.c.user_id).label("first")
        each = (
            select(staged.c.line, staged.c.user_id, first)
            .where(staged.c.import_id == import_id)
            .subquery()
        )
        query = select(each).where(each.c.line > each.c.first).order_by(each.c.line).limit(limit)
        return [Repeated(*row) for row in self._connection.execute(query)]

    def unstage(self, import_id: str, lines: Collection[int]) -> None:
        """Take rows back."""
        condition = (staged.c.import_id == import_id, staged.c.line == bindparam("a_line"))
        if lines:
            self._connection.execute(
                delete(staged).where(*condition), [{"a_line": line} for line in lines]
            )

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
        Make the staged rows users, all in this transaction, and end the import.

        Of users that are overwritten only *fields* change: names of `UserFields`, and ``profile``.
        100,000 rows hold SQLite's write lock for one second; overwriting names and addresses of
        all of them, for two. Raises `InvalidInput` where a user or profile has been changed or
        deleted since its row was checked.
        """
        if not self.end(import_id):
            raise _changed("The import took over an hour and was given up.")
        expected = self.counts(import_id)
        mine = staged.c.import_id == import_id
        try:
            self._connection.execute(_insertion(mine, now))
            changed = self._connection.execute(_overwriting(mine, fields)).rowcount
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
        "source_key": literal(""),
        "search": staged.c.search,
        "revision": literal(1),
        "force_count": literal(0),
        "created_at": literal(now, users.c.created_at.type),
        **{name: staged.c[name] for name in _USER_COLUMNS},
    }
    rows = select(*columns.values()).where(mine, staged.c.revision.is_(None))
    return insert(users).from_select(list(columns), rows)


def _overwriting(mine: ColumnElement[bool], fields: Collection[str]) -> Any:
    columns = {
        "profile": "profile_id",
        **{name: f"{name}_sealed" for name in SECRET_FIELDS},
    }
    names = [columns.get(name, name) for name in fields]
    return (
        update(users)
        .where(mine, staged.c.changes)
        .where(users.c.id == staged.c.user_id, users.c.revision == staged.c.revision)
        .values(
            search=staged.c.search,
            revision=users.c.revision + 1,
            **{name: staged.c[name] for name in names},
        )
    )


def _changed(what: str) -> InvalidInput:
    return InvalidInput(f"{what} Nothing was imported.", hint="Import the file again.")
