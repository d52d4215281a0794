"""Administrators and their browser sessions in the database."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from offhook.model.admins import Admin
from offhook.store.tables import table

admins = table("admin")
sessions = table("session")


class Admins:
    """The administrators of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self) -> int:
        """Return how many there are."""
        return self._connection.execute(select(func.count()).select_from(admins)).scalar_one()

    def named(self, name: str) -> Admin | None:
        """Return the one of that name."""
        row = self._connection.execute(select(admins).where(admins.c.name == name)).first()
        return (
            Admin(
                name=row.name, role=row.role, password_hash=row.password_hash, one_time=row.one_time
            )
            if row
            else None
        )

    def add(self, admin: Admin, now: datetime) -> None:
        """Store a new one."""
        self._connection.execute(
            insert(admins).values(
                name=admin.name,
                role=admin.role,
                password_hash=admin.password_hash,
                one_time=admin.one_time,
                created_at=now,
            )
        )

    def set_password(self, name: str, password_hash: str, *, one_time: bool) -> None:
        """Replace a password and end every session that was opened with the old one."""
        self._connection.execute(
            update(admins)
            .where(admins.c.name == name)
            .values(password_hash=password_hash, one_time=one_time)
        )
        self._connection.execute(delete(sessions).where(sessions.c.admin == name))

    def open_session(self, session_hash: str, admin: str, expires_at: datetime) -> None:
        """Store a login."""
        self._connection.execute(
            insert(sessions).values(session_hash=session_hash, admin=admin, expires_at=expires_at)
        )

    def of_session(self, session_hash: str, now: datetime) -> Admin | None:
        """Return who is logged in with that session."""
        query = select(sessions.c.admin).where(
            sessions.c.session_hash == session_hash, sessions.c.expires_at > now
        )
        name = self._connection.execute(query).scalar()
        return self.named(name) if name else None

    def close_session(self, session_hash: str) -> None:
        """Log out."""
        self._connection.execute(delete(sessions).where(sessions.c.session_hash == session_hash))

    def sweep_sessions(self, now: datetime) -> None:
        """Delete sessions that have ended."""
        self._connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
