"""Users that came from a source: found by what it calls them, their passwords on the way there."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, select, update

from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.store.encryption import Cipher
from offhook.store.mapping import user_of
from offhook.store.tables import table
from offhook.store.users import with_profile

users = table("user")


class Imported:
    """The imported users of one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def by_source(self, connection: str, keys: Iterable[str]) -> list[User]:
        """Return the users that came from *connection* under these keys."""
        mine = (users.c.connection == connection, users.c.source_key.in_(list(keys)))
        rows = self._connection.execute(with_profile().where(*mine)).mappings()
        return [user_of(row, row["profile_name"], self._cipher) for row in rows]

    def by_number(self, connection: str, numbers: Iterable[str]) -> list[User]:
        """Return the users of a connection with these directory numbers."""
        mine = (users.c.connection == connection, users.c.number.in_(list(numbers)))
        rows = self._connection.execute(with_profile().where(*mine)).mappings()
        return [user_of(row, row["profile_name"], self._cipher) for row in rows]

    def count_from(self, connection: str) -> int:
        """Return how many users come from a connection."""
        query = select(func.count()).where(users.c.connection == connection)
        return self._connection.execute(query).scalar_one()

    def waiting(self, connections: Iterable[str]) -> list[str]:
        """Return the ids of users of these connections who wait to be deployed."""
        mine = (users.c.connection.in_(list(connections)), users.c.waits)
        return list(self._connection.execute(select(users.c.id).where(*mine)).scalars())

    def pending(self, ids: Sequence[str]) -> dict[str, Secret]:
        """Return the passwords that core has made and the PBX has not taken yet, by user id."""
        sealed = users.c.pbx_password_pending_sealed
        query = select(users.c.id, sealed).where(users.c.id.in_(ids), sealed.is_not(None))
        opened = {row[0]: self._cipher.open(row[1]) for row in self._connection.execute(query)}
        return {user_id: secret for user_id, secret in opened.items() if secret}

    def set_pending(self, user_id: str, password: Secret) -> None:
        """Note a password that the PBX is about to be asked to take."""
        self._connection.execute(
            update(users)
            .where(users.c.id == user_id)
            .values(pbx_password_pending_sealed=self._cipher.seal(password))
        )
