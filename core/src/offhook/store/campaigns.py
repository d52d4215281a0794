"""Campaigns in the database, and their deployments on the way to the wire."""

from sqlalchemy import Connection

from offhook.store.tables import table

campaigns = table("campaign")


class Campaigns:
    """The campaigns of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
