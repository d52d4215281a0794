"""Configured systems in the database; their options are kept as one encrypted JSON text."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import Factory, frozen
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import delete, insert, select, update

from offhook.model.secrets import Secret
from offhook.model.sources import CredentialWay
from offhook.store.encryption import Cipher
from offhook.store.mapping import settings_of
from offhook.store.sourcetables import table

connections = table("connection")


@frozen
class StoredConnection:
    """
    A connection before its plugin has read the options: name to text, all of them hidden.

    ``credentials`` is the way that was chosen for it, empty for its plugin's first one;
    ``defaults`` are the profile settings that it wants.
    """

    id: str
    name: str
    plugin: str
    options: Mapping[str, Secret]
    credentials: CredentialWay | Literal[""] = ""
    defaults: Mapping[str, Any] = Factory(dict)


class Connections:
    """The configured systems of one transaction."""

    def __init__(self, connection: DatabaseConnection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def all(self) -> list[StoredConnection]:
        """Return every configured system, by name."""
        rows = self._connection.execute(select(connections).order_by(connections.c.name)).all()
        return [
            StoredConnection(
                row.id,
                row.name,
                row.plugin,
                self._open(row.options_sealed),
                row.credentials,
                settings_of(row.defaults),
            )
            for row in rows
        ]

    def named(self, name: str) -> StoredConnection | None:
        """Return the system of that name."""
        return next((each for each in self.all() if each.name == name), None)

    def add(self, connection: StoredConnection, now: datetime) -> None:
        """Store a new one."""
        self._connection.execute(
            insert(connections).values(
                id=connection.id,
                name=connection.name,
                plugin=connection.plugin,
                credentials=connection.credentials,
                defaults=json.dumps(dict(connection.defaults)),
                options_sealed=self._seal(connection.options),
                created_at=now,
            )
        )

    def replace(self, connection: StoredConnection) -> None:
        """Store changed options, or another way of its credentials."""
        self._connection.execute(
            update(connections)
            .where(connections.c.id == connection.id)
            .values(
                credentials=connection.credentials,
                defaults=json.dumps(dict(connection.defaults)),
                options_sealed=self._seal(connection.options),
            )
        )

    def delete(self, connection_id: str) -> None:
        """Delete one."""
        self._connection.execute(delete(connections).where(connections.c.id == connection_id))

    def _seal(self, options: Mapping[str, Secret]) -> str | None:
        text = json.dumps({name: value.reveal() for name, value in options.items()})
        return self._cipher.seal(Secret(text))

    def _open(self, sealed: str) -> dict[str, Secret]:
        opened = self._cipher.open(sealed)
        texts = json.loads(opened.reveal()) if opened else {}
        return {name: Secret(text) for name, text in texts.items()}
