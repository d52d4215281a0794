"""Staged users of a running import, and the one switch that makes them users."""

from sqlalchemy import Connection

from offhook.store.encryption import Cipher
from offhook.store.tables import table

staged = table("staged_user")


class Imports:
    """The running imports of one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher
