"""Private keys of server certificates, sealed, with what was asked for and issued for them."""

from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection, RowMapping, delete, select
from sqlmodel import Field, SQLModel

from offhook.model.secrets import Secret
from offhook.store.encryption import Cipher
from offhook.store.records import upsert
from offhook.store.tables import table
from offhook.store.times import time_field


class KeyPairRow(SQLModel, table=True):
    """A private key; ``id`` is the fingerprint of its public one. Not installed: waits for it."""

    __tablename__ = "offhook_key_pair"
    id: str = Field(primary_key=True)
    key_sealed: str
    request: str = ""
    chain: str = ""
    made_at: datetime = time_field()
    installed_at: datetime | None = time_field(default=None)


pairs = table("key_pair")


@frozen(kw_only=True)
class StoredPair:
    """
    A private key in PEM; ``id`` is the SHA-256 fingerprint of its public key.

    ``request`` is the signing request made with it, ``chain`` the certificates installed with it,
    the server's own first; both are PEM, and empty where there is none.
    """

    id: str
    key: Secret
    request: str = ""
    chain: str = ""
    made_at: datetime
    installed_at: datetime | None = None


class KeyPairs:
    """The key pairs of one transaction: one is installed, others wait for their certificate."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def all(self) -> list[StoredPair]:
        """Return every one, the newest first."""
        query = select(pairs).order_by(pairs.c.made_at.desc(), pairs.c.id)
        return [self._stored(row) for row in self._connection.execute(query).mappings()]

    def installed(self) -> StoredPair | None:
        """Return the one that is served."""
        query = select(pairs).where(pairs.c.installed_at.is_not(None))
        row = self._connection.execute(query).mappings().first()
        return self._stored(row) if row else None

    def stamp(self) -> str:
        """Return a text that changes with what is installed; cheap, for asking often."""
        query = select(pairs.c.id, pairs.c.installed_at).where(pairs.c.installed_at.is_not(None))
        return "".join(map(str, self._connection.execute(query).all()))

    def put(self, pair: StoredPair) -> None:
        """Store a pair, in place of an older one with the same key."""
        values = {
            "key_sealed": self._cipher.seal(pair.key),
            "request": pair.request,
            "chain": pair.chain,
            "made_at": pair.made_at,
            "installed_at": pair.installed_at,
        }
        statement = upsert(self._connection, pairs).values(id=pair.id, **values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_=values)
        )

    def delete(self, pair_id: str) -> None:
        """Forget a pair."""
        self._connection.execute(delete(pairs).where(pairs.c.id == pair_id))

    def _stored(self, row: RowMapping) -> StoredPair:
        return StoredPair(
            id=row["id"],
            key=self._cipher.open(row["key_sealed"]) or Secret(""),
            request=row["request"],
            chain=row["chain"],
            made_at=row["made_at"],
            installed_at=row["installed_at"],
        )
