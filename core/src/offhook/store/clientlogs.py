"""Logs that clients sent, in the database: packed, and without the secrets that they held."""

import gzip
from collections.abc import Collection
from datetime import datetime

import attrs
from attrs import frozen
from sqlalchemy import Connection, delete, func, insert, select

from offhook.model.users import key_of
from offhook.store.devicetables import table

logs = table("client_log")
users = table("user")
_LEVEL = 6  # of gzip: a log shrinks to a tenth of its size


@frozen(kw_only=True)
class ClientLog:
    """A log that a client sent; ``size`` is that of its text, in bytes."""

    id: str
    device_id: str
    user_id: str
    agent: str
    size: int
    received_at: datetime


_FIELDS = tuple(field.name for field in attrs.fields(ClientLog))
_COLUMNS = tuple(logs.c[name] for name in _FIELDS)


class ClientLogs:
    """The client logs of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, log: ClientLog, text: str) -> None:
        """Store a log."""
        packed = gzip.compress(text.encode(), _LEVEL, mtime=0)
        self._connection.execute(insert(logs).values(**attrs.asdict(log), packed=packed))

    def count_since(self, device_id: str, then: datetime) -> int:
        """Return how many logs a device has sent since *then*."""
        mine = (logs.c.device_id == device_id, logs.c.received_at >= then)
        query = select(func.count()).select_from(logs).where(*mine)
        return self._connection.execute(query).scalar_one()

    def page(
        self, user_ids: Collection[str] | None = None, *, after: str = "", limit: int = 50
    ) -> list[tuple[ClientLog, str]]:
        """Return up to *limit* logs with what people call their users, the newest first."""
        query = (
            select(*_COLUMNS, users.c.connection, users.c.number)
            .join(users, users.c.id == logs.c.user_id)
            .order_by(logs.c.id.desc())
            .limit(limit)
        )
        if user_ids is not None:
            query = query.where(logs.c.user_id.in_(user_ids))
        if after:
            query = query.where(logs.c.id < after)
        return [
            (
                ClientLog(**{name: row[name] for name in _FIELDS}),
                key_of(row["user_id"], row["connection"], row["number"]),
            )
            for row in self._connection.execute(query).mappings()
        ]

    def get(self, log_id: str) -> tuple[ClientLog, str] | None:
        """Return a log and its text."""
        query = select(*_COLUMNS, logs.c.packed).where(logs.c.id == log_id)
        row = self._connection.execute(query).mappings().first()
        if not row:
            return None
        log = ClientLog(**{name: row[name] for name in _FIELDS})
        return log, gzip.decompress(row["packed"]).decode()

    def delete_of(self, user_ids: Collection[str]) -> None:
        """Delete the logs of these users."""
        self._connection.execute(delete(logs).where(logs.c.user_id.in_(list(user_ids))))

    def delete_before(self, then: datetime, limit: int) -> int:
        """Delete up to *limit* logs that came before *then*; returns how many it were."""
        old = select(logs.c.id).where(logs.c.received_at < then).limit(limit)
        return self._connection.execute(delete(logs).where(logs.c.id.in_(old))).rowcount
