"""Small records: events, the audit, refusals, values of the installation, heartbeats."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from offhook.model.findings import Event, Severity
from offhook.store.tables import table

events = table("event")
audit = table("audit")
refusals = table("refusal")
values = table("value")
workers = table("worker")


def upsert(connection: Connection, into: Any) -> Any:
    """Return the INSERT of this database that knows ON CONFLICT."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(into)


class Events:
    """What an administrator should know."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def raise_once(
        self, severity: Severity, code: str, subject: str, text: str, now: datetime
    ) -> None:
        """Store an event; one of this code and subject that is open gets the newer text instead."""
        statement = upsert(self._connection, events).values(
            severity=severity, code=code, subject=subject, text=text, raised_at=now
        )
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["code", "subject"],
                index_where=events.c.resolved_at.is_(None),
                set_={"text": text},
            )
        )

    def resolve(self, codes: Iterable[str], subjects: Iterable[str], now: datetime) -> None:
        """Mark the open events of these codes and subjects as over."""
        self._connection.execute(
            update(events)
            .where(events.c.code.in_(list(codes)), events.c.subject.in_(list(subjects)))
            .where(events.c.resolved_at.is_(None))
            .values(resolved_at=now)
        )

    def get(self, number: int) -> Event | None:
        """Return the event of that number."""
        row = self._connection.execute(select(events).where(events.c.id == number)).mappings()
        found = row.first()
        return Event(**found) if found else None

    def after(self, number: int, limit: int) -> list[Event]:
        """Return the events with greater numbers, the oldest first."""
        query = select(events).where(events.c.id > number).order_by(events.c.id).limit(limit)
        return [Event(**row) for row in self._connection.execute(query).mappings()]

    def newest(self) -> int:
        """Return the greatest number of an event, 0 where there is none."""
        return self._connection.execute(select(func.max(events.c.id))).scalar() or 0

    def latest(
        self, *, subject: str = "", everything: bool = True, limit: int = 100
    ) -> list[Event]:
        """Return the newest events first, of one subject where it is given, or only open ones."""
        query = select(events).order_by(events.c.id.desc()).limit(limit)
        if subject:
            query = query.where(events.c.subject == subject)
        if not everything:
            query = query.where(events.c.resolved_at.is_(None))
        return [Event(**row) for row in self._connection.execute(query).mappings()]


@frozen(kw_only=True)
class AuditEntry:
    """Who did what, to whom."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


class Audit:
    """Who did what."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, now: datetime, actor: str, action: str, subject: str, detail: str = "") -> None:
        """Write one line."""
        self._connection.execute(
            insert(audit).values(at=now, actor=actor, action=action, subject=subject, detail=detail)
        )

    def latest(self, *, subject: str = "", limit: int = 100) -> list[AuditEntry]:
        """Return the newest lines first, of one subject where it is given."""
        columns = [column for column in audit.c if column.name != "id"]
        query = select(*columns).order_by(audit.c.id.desc()).limit(limit)
        if subject:
            query = query.where(audit.c.subject == subject)
        return [AuditEntry(**row) for row in self._connection.execute(query).mappings()]


@frozen(kw_only=True)
class RefusalCount:
    """How often and until when a deployment's requests were refused for one reason."""

    deployment_id: str
    reason: str
    count: int
    first_at: datetime
    last_at: datetime
    agent: str


class Refusals:
    """Why requests were refused, counted per deployment and reason."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, deployment_id: str, reason: str, agent: str, now: datetime) -> None:
        """Add one."""
        statement = upsert(self._connection, refusals).values(
            deployment_id=deployment_id,
            reason=reason,
            count=1,
            first_at=now,
            last_at=now,
            agent=agent,
        )
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["deployment_id", "reason"],
                set_={"count": refusals.c.count + 1, "last_at": now, "agent": agent},
            )
        )

    def of(self, deployment_id: str) -> list[RefusalCount]:
        """Return them for one deployment, the latest first."""
        query = select(refusals).where(refusals.c.deployment_id == deployment_id)
        rows = self._connection.execute(query.order_by(refusals.c.last_at.desc())).mappings()
        return [RefusalCount(**row) for row in rows]


class Values:
    """Single values of the installation."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str, default: str = "") -> str:
        """Return a value."""
        query = select(values.c.value).where(values.c.name == name)
        found = self._connection.execute(query).scalar()
        return default if found is None else found

    def set(self, name: str, value: str) -> None:
        """Store a value; an empty one is forgotten."""
        if not value:
            self._connection.execute(delete(values).where(values.c.name == name))
            return
        statement = upsert(self._connection, values).values(name=name, value=value)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )


class Workers:
    """Heartbeats of workers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def beat(self, executor_id: str, now: datetime, *, forget_before: datetime) -> None:
        """Say that a worker lives, and forget those that have been silent for long."""
        self._upsert(executor_id, now)
        self._connection.execute(delete(workers).where(workers.c.seen_at < forget_before))

    def alive_since(self, limit: datetime) -> list[str]:
        """Return the workers whose last heartbeat is not older than *limit*."""
        query = select(workers.c.executor_id).where(workers.c.seen_at >= limit)
        return list(self._connection.execute(query).scalars())

    def claim(self, executor_id: str, limit: datetime, now: datetime) -> bool:
        """Answer for a worker that is unknown or silent since *limit*; one of many succeeds."""
        return self._upsert(executor_id, now, workers.c.seen_at < limit)

    def forget(self, executor_id: str) -> None:
        """Forget a worker that ended, or whose work was taken over."""
        self._connection.execute(delete(workers).where(workers.c.executor_id == executor_id))

    def _upsert(
        self, executor_id: str, now: datetime, where: ColumnElement[bool] | None = None
    ) -> bool:
        statement = upsert(self._connection, workers).values(executor_id=executor_id, seen_at=now)
        written = statement.on_conflict_do_update(
            index_elements=["executor_id"], set_={"seen_at": now}, where=where
        )
        return bool(self._connection.execute(written.returning(workers.c.executor_id)).first())
