"""Authorisations in the database: one for each connection whose system had to let us in."""

import json
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from offhook.model.authorizations import Authorization
from offhook.model.secrets import Secret
from offhook.store.encryption import Cipher
from offhook.store.sourcetables import table

authorizations = table("authorization")


@frozen(kw_only=True)
class StoredAuthorization:
    """
    An authorisation with what we know of its life.

    ``renew_after`` is when it is renewed, ``failing`` why that did not work last; ``warned`` is the
    fewest days left that somebody was told of, None for nobody yet.
    """

    connection: str
    authorization: Authorization
    renew_after: datetime | None = None
    failing: str = ""
    warned: int | None = None


class Authorizations:
    """The authorisations of one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def all(self) -> list[StoredAuthorization]:
        """Return every one, by connection."""
        query = select(authorizations).order_by(authorizations.c.connection)
        return [self._stored(row) for row in self._connection.execute(query).mappings()]

    def get(self, connection: str) -> StoredAuthorization | None:
        """Return that of a connection."""
        return next((each for each in self.all() if each.connection == connection), None)

    def put(self, stored: StoredAuthorization) -> None:
        """Store that of a connection, in place of an older one."""
        self.delete(stored.connection)
        given = stored.authorization
        secret = json.dumps([given.token.reveal(), given.secret.reveal()])
        self._connection.execute(
            insert(authorizations).values(
                connection=stored.connection,
                state=given.state,
                token_sealed=self._cipher.seal(Secret(secret)),
                token_id=given.token_id,
                approve_at=given.approve_at,
                expires_at=given.expires_at,
                renew_after=stored.renew_after,
                failing=stored.failing,
                warned=stored.warned,
            )
        )

    def note(self, connection: str, **values: Any) -> None:
        """Change what we know of the life of one: names as in `StoredAuthorization`."""
        mine = authorizations.c.connection == connection
        self._connection.execute(update(authorizations).where(mine).values(**values))

    def delete(self, connection: str) -> int:
        """Forget that of a connection; returns whether there was one."""
        mine = authorizations.c.connection == connection
        return self._connection.execute(delete(authorizations).where(mine)).rowcount

    def _stored(self, row: RowMapping) -> StoredAuthorization:
        opened = self._cipher.open(row["token_sealed"])
        token, secret = map(Secret, json.loads(opened.reveal() if opened else '["", ""]'))
        given = Authorization(
            state=row["state"],
            token=token,
            secret=secret,
            token_id=row["token_id"],
            approve_at=row["approve_at"],
            expires_at=row["expires_at"],
        )
        return StoredAuthorization(
            connection=row["connection"],
            authorization=given,
            renew_after=row["renew_after"],
            failing=row["failing"],
            warned=row["warned"],
        )
