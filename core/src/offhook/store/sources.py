"""What the sources of users hold: their last readings, record by record, and when to read again."""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
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

from offhook.errors import InvalidInput
from offhook.model.secrets import Secret
from offhook.model.sources import Skipped, Source, SourceKind, SourceRecord, SourceUser
from offhook.store.encryption import Cipher
from offhook.store.records import upsert
from offhook.store.sourcetables import table

sources = table("source")
records = table("source_record")
users = table("user")

RANKS: dict[SourceKind, int] = {"pbx": 0, "client-service": 1, "gateway": 2}
_KINDS = {rank: kind for kind, rank in RANKS.items()}
_PLAIN = ("key", "pbx", "login", "role", "phone", "automatic")
_NAMES = tuple(field.name for field in attrs.fields(Source))
_CURRENT = records.c.run.in_(select(sources.c.run).where(sources.c.run != ""))
_USABLE = records.c.reason == ""


@frozen
class Reading:
    """How many users a whole reading found, and how many entries it left out."""

    users: int
    skipped: int


class Sources:
    """The sources of one transaction, and what was read from them."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def all(self) -> list[Source]:
        """Return what is known of every source, by name."""
        rows = self._connection.execute(select(sources).order_by(sources.c.connection)).mappings()
        return [Source(**{name: row[name] for name in _NAMES}) for row in rows]

    def get(self, connection: str) -> Source:
        """Return what is known of a source; one that was never read has its defaults."""
        found = (each for each in self.all() if each.connection == connection)
        return next(found, Source(connection=connection))

    def set(self, connection: str, **values: Any) -> None:
        """Store some of what is known of a source, names as in `Source`."""
        fresh = {**attrs.asdict(Source(connection=connection)), "reading": ""}
        known = upsert(self._connection, sources).values(**fresh)
        self._connection.execute(known.on_conflict_do_nothing())
        mine = sources.c.connection == connection
        self._connection.execute(update(sources).where(mine).values(**values))

    def delete(self, connection: str) -> None:
        """Forget a source and all that was read from it."""
        self._connection.execute(delete(sources).where(sources.c.connection == connection))
        self._connection.execute(delete(records).where(records.c.connection == connection))

    def due(self, now: datetime) -> list[str]:
        """Return the sources that are to be read again on their schedule."""
        return [
            each.connection
            for each in self.all()
            if each.every
            and (each.tried_at is None or each.tried_at + timedelta(minutes=each.every) <= now)
        ]

    # One reading

    def begin(self, connection: str) -> str:
        """Start a reading and return its run; one that has not come to its end is given up."""
        run = secrets.token_hex(8)
        self.set(connection, reading=run)  # first of all: it holds the others off
        mine = (records.c.connection == connection, records.c.run != self.get(connection).run)
        self._connection.execute(delete(records).where(*mine))
        return run

    def stage(
        self, run: str, connection: str, start: int, found: Sequence[SourceUser | Skipped]
    ) -> None:
        """Store what was read, unseen until `finish`; *start* is the line of the first one."""
        rows = [
            {**_row_of(each, connection, self._cipher), "run": run, "line": line}
            for line, each in enumerate(found, start)
        ]
        if rows:
            self._connection.execute(insert(records), rows)

    def finish(self, run: str, connection: str, now: datetime) -> Reading:
        """
        Make *run* the reading that counts; a second entry of a key or number is left out.

        Raises `InvalidInput` where another reading of the source has begun since.
        """
        mine = (sources.c.connection == connection, sources.c.reading == run)
        counts = {"run": run, "read_at": now, "tried_at": now, "error": ""}
        if not self._connection.execute(update(sources).where(*mine).values(**counts)).rowcount:
            raise InvalidInput(
                f"Somebody else has begun to read the users of {connection}.",
                hint="Wait until that is done; then look at what is available, or try again.",
            )
        self._leave_out_second(run, "key", "another entry before it has the same key")
        older = (records.c.connection == connection, records.c.run != run)
        self._connection.execute(delete(records).where(*older))
        self._link()
        same = "another entry before it has the same number, or MBG SIP user name"
        self._leave_out_second(run, "merge", same)
        count = select(func.count().filter(_USABLE), func.count().filter(~_USABLE))
        return Reading(*self._connection.execute(count.where(records.c.run == run)).one())

    def fail(self, run: str, connection: str, error: str, now: datetime) -> None:
        """Drop a reading that did not come to its end, and note why."""
        self._connection.execute(delete(records).where(records.c.run == run))
        self.set(connection, tried_at=now, error=error)

    # What was read

    def groups(
        self,
        connections: Collection[str],
        *,
        numbers: Collection[str] | None = None,
        keys: Mapping[str, Collection[str]] | None = None,
        after: str = "",
        limit: int = 500,
    ) -> list[list[SourceRecord]]:
        """
        Return what all sources hold of the persons that one of *connections* holds.

        Each person is a list of its records, the one that gives the key first. *numbers* and *keys*
        (by connection) narrow it to some persons. Up to *limit* persons after the merge key
        *after*, in its order.
        """
        wanted = [records.c.connection.in_(list(connections)), _CURRENT, _USABLE]
        if numbers is not None:
            wanted.append(records.c.number.in_(list(numbers)))
        if keys is not None:
            wanted.append(_has_key(keys))
        wanted.append(records.c.merge > after)
        page = select(records.c.merge).where(*wanted).distinct().order_by(records.c.merge)
        merges = list(self._connection.execute(page.limit(limit)).scalars())
        found: dict[str, list[SourceRecord]] = {merge: [] for merge in merges}
        for row in self._connection.execute(_of_persons(merges)).mappings():
            found[row["merge"]].append(_record_of(row, self._cipher))
        return list(found.values())

    def count(self, connections: Collection[str]) -> int:
        """Return how many persons one of *connections* holds."""
        query = select(func.count(records.c.merge.distinct()))
        wanted = (records.c.connection.in_(list(connections)), _CURRENT, _USABLE)
        return self._connection.execute(query.where(*wanted)).scalar_one()

    def skipped(self, connection: str, limit: int) -> list[Skipped]:
        """Return entries that cannot be users, in the source's order."""
        query = select(records.c.key, records.c.reason).where(_CURRENT, ~_USABLE)
        query = query.where(records.c.connection == connection).order_by(records.c.line)
        return [Skipped(*row) for row in self._connection.execute(query.limit(limit))]

    def roles(self, connection: str) -> dict[str, int]:
        """Return the roles that the users of a source have, with how many have each."""
        query = select(records.c.role, func.count()).group_by(records.c.role)
        mine = (records.c.connection == connection, _CURRENT, _USABLE)
        return {row[0]: row[1] for row in self._connection.execute(query.where(*mine))}

    def gone(self, connection: str, *, after: str = "", limit: int = 500) -> list[str]:
        """Return ids of users whose source does not hold them any more, not marked yet."""
        query = _users_of(connection).where(~_is_held(), users.c.gone_at.is_(None))
        query = query.where(users.c.id > after).order_by(users.c.id).limit(limit)
        return list(self._connection.execute(query).scalars())

    def _leave_out_second(self, run: str, name: str, reason: str) -> None:
        """
        Leave out entries whose *name* is that of an earlier one.

        They are looked up first: a database without fresh statistics would do so for each entry.
        """
        nth = func.row_number().over(partition_by=records.c[name], order_by=records.c.line)
        mine = (records.c.run == run, _USABLE)
        counted = select(records.c.line, nth.label("nth")).where(*mine).subquery()
        second = select(counted.c.line.label("at")).where(counted.c.nth > 1)
        lines = self._connection.execute(second).mappings().all()
        if lines:
            this = (records.c.run == run, records.c.line == bindparam("at"))
            change = update(records).where(*this).values(reason=reason)
            self._connection.execute(change, [dict(each) for each in lines])

    def _link(self) -> None:
        """Let records without a PBX be those whose gateway name they have, else one another."""
        other = records.alias()
        same = (
            select(func.min(other.c.merge))
            .where(
                other.c.gateway_username == records.c.gateway_username,
                other.c.pbx != "",
                other.c.reason == "",
                other.c.run.in_(select(sources.c.run)),
            )
            .scalar_subquery()
        )
        alone = literal("//") + records.c.gateway_username
        lonely = (records.c.pbx == "", records.c.gateway_username != "", _CURRENT)
        self._connection.execute(
            update(records).where(*lonely).values(merge=func.coalesce(same, alone))
        )


def _of_persons(merges: Sequence[str]) -> Select[Any]:
    query = select(records).where(records.c.merge.in_(merges), _CURRENT, _USABLE)
    return query.order_by(records.c.merge, records.c.rank, records.c.connection, records.c.line)


def _has_key(keys: Mapping[str, Collection[str]]) -> ColumnElement[bool]:
    mine = [
        and_(records.c.connection == connection, records.c.key.in_(list(some)))
        for connection, some in keys.items()
    ]
    return or_(false(), *mine)


def _users_of(connection: str) -> Select[Any]:
    return select(users.c.id).where(users.c.connection == connection)


def _is_held() -> Any:
    return exists().where(
        and_(
            records.c.connection == users.c.connection,
            records.c.key == users.c.source_key,
            _CURRENT,
        )
    )


def _row_of(found: SourceUser | Skipped, connection: str, cipher: Cipher) -> dict[str, Any]:
    if isinstance(found, Skipped):
        return _row_of(SourceUser(key=found.key), connection, cipher) | {
            "reason": found.reason,
            "number": "",
        }
    texts = {n: value for n, value in found.fields.items() if not isinstance(value, Secret)}
    hidden = {n: v.reveal() for n, v in found.fields.items() if isinstance(v, Secret)}
    number = texts.get("number", "")
    return {
        **{name: getattr(found, name) for name in _PLAIN},
        "connection": connection,
        "reason": "",
        "rank": RANKS[found.kind],
        "number": number,
        "gateway_username": texts.get("gateway_username", ""),
        "merge": _merge_of(found.pbx, number) or f"/{connection}/{found.key}",
        "fields": json.dumps(texts, ensure_ascii=False),
        "secrets_sealed": cipher.seal(Secret(json.dumps(hidden))) if hidden else None,
    }


def _merge_of(pbx: str, number: str) -> str:
    """Return by what a person with a number is known, as no entry without one can be."""
    return f"{pbx.casefold().replace('/', ' ')}/{number}" if pbx and number else ""


def _record_of(row: RowMapping, cipher: Cipher) -> SourceRecord:
    opened = cipher.open(row["secrets_sealed"])
    hidden = json.loads(opened.reveal()) if opened else {}
    fields = json.loads(row["fields"]) | {name: Secret(text) for name, text in hidden.items()}
    return SourceRecord(
        connection=row["connection"],
        merge=row["merge"],
        user=SourceUser(
            fields=fields, kind=_KINDS[row["rank"]], **{name: row[name] for name in _PLAIN}
        ),
    )
