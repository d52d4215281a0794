"""Users that came from a source: found by what it calls them, their passwords on the way there."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, update

from offhook.model.documents import Side
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.store.encryption import Cipher
from offhook.store.mapping import user_of
from offhook.store.tables import table
from offhook.store.users import with_profile

users = table("user")
_CHUNK = 500


class Imported:
    """The imported users of one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def by_source(self, connection: str, keys: Iterable[str]) -> list[User]:
        """Return the users that came from *connection* under these keys."""
        return self._found(connection, users.c.source_key.in_(list(keys)))

    def by_number(self, connection: str, numbers: Iterable[str]) -> list[User]:
        """Return the users of a connection with these directory numbers."""
        return self._found(connection, users.c.number.in_(list(numbers)))

    def in_profiles(self, profiles: Collection[str], numbers: Iterable[str]) -> list[User]:
        """Return the users with these directory numbers whose profiles have these ids."""
        chosen = users.c.profile_id.in_(list(profiles)), users.c.number.in_(list(numbers))
        return self._read(with_profile().where(*chosen))

    def count_from(self, connection: str) -> int:
        """Return how many users come from a connection."""
        query = select(func.count()).where(users.c.connection == connection)
        return self._connection.execute(query).scalar_one()

    def waiting(
        self,
        connection: str,
        *,
        numbers: Collection[str] | None = None,
        keys: Collection[str] | None = None,
    ) -> list[str]:
        """Return the ids of users of a connection, or of some, who wait to be deployed."""
        mine = [users.c.connection == connection, users.c.waits, users.c.gone_at.is_(None)]
        if numbers is not None:
            mine.append(users.c.number.in_(list(numbers)))
        if keys is not None:
            mine.append(users.c.source_key.in_(list(keys)))
        return list(self._connection.execute(select(users.c.id).where(*mine)).scalars())

    def end_waiting(self, ids: Sequence[str]) -> None:
        """Note that a campaign has taken these users."""
        for start in range(0, len(ids), _CHUNK):
            some = users.c.id.in_(ids[start : start + _CHUNK])
            self._connection.execute(update(users).where(some, users.c.waits).values(waits=False))

    def pending(self, side: Side, ids: Sequence[str]) -> dict[str, Secret]:
        """Return the passwords that core has made and that *side* has not taken, by user id."""
        sealed = users.c[f"{side}_password_pending_sealed"]
        query = select(users.c.id, sealed).where(users.c.id.in_(ids), sealed.is_not(None))
        opened = {row[0]: self._cipher.open(row[1]) for row in self._connection.execute(query)}
        return {user_id: secret for user_id, secret in opened.items() if secret}

    def set_pending(self, side: Side, user_id: str, password: Secret) -> None:
        """Note a password that a PBX or gateway is about to be asked to take."""
        sealed = {f"{side}_password_pending_sealed": self._cipher.seal(password)}
        self._connection.execute(update(users).where(users.c.id == user_id).values(sealed))

    def _found(self, connection: str, condition: ColumnElement[bool]) -> list[User]:
        return self._read(with_profile().where(users.c.connection == connection, condition))

    def _read(self, query: Select[Any]) -> list[User]:
        rows = self._connection.execute(query).mappings()
        return [user_of(row, row["profile_name"], self._cipher) for row in rows]
