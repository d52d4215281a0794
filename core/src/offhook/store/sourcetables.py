"""The tables of connections, and of what they gave us: readings, roles, authorisations."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from offhook.store.tables import table
from offhook.store.times import time_field

__all__ = ["AuthorizationRow", "ConnectionRow", "RoleRow", "SourceRecordRow", "SourceRow", "table"]


class ConnectionRow(SQLModel, table=True):
    """
    A configured system; its options are one encrypted JSON text.

    ``credentials`` is the way that was chosen for them, ``defaults`` is JSON of the profile
    settings that it wants.
    """

    __tablename__ = "offhook_connection"
    id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    plugin: str
    credentials: str = ""
    defaults: str = "{}"
    options_sealed: str
    created_at: datetime = time_field()


class SourceRow(SQLModel, table=True):
    """
    A connection that users come from: when it is read, and what its last reading came to.

    ``run`` names the records of the last reading that came to its end, ``reading`` those of the one
    that was begun last. ``every`` is in minutes, 0
    for never. ``error`` is empty where the last reading ended well.
    """

    __tablename__ = "offhook_source"
    connection: str = Field(primary_key=True)
    every: int = 0
    automatic: bool = False
    run: str = ""
    reading: str = ""
    read_at: datetime | None = time_field(default=None)
    tried_at: datetime | None = time_field(default=None)
    error: str = ""
    changed_at: datetime | None = time_field(default=None)


class SourceRecordRow(SQLModel, table=True):
    """
    A user as a source has it, or (with ``reason``) what it has and cannot be one.

    Records with equal ``merge`` are one person; the one of the lowest ``rank`` gives the key.
    ``fields`` is JSON of name to text.
    """

    __tablename__ = "offhook_source_record"
    __table_args__ = (Index("offhook_source_record_by_key", "connection", "key"),)
    run: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    connection: str
    key: str
    reason: str = ""
    rank: int = 0
    pbx: str = ""
    number: str = ""
    gateway_username: str = Field(default="", index=True)
    merge: str = Field(default="", index=True)
    login: str = ""
    role: str = ""
    phone: str = ""
    automatic: bool = False
    fields: str = "{}"
    secrets_sealed: str | None = None


class RoleRow(SQLModel, table=True):
    """What a role at a source means here: a profile, or null for no client."""

    __tablename__ = "offhook_role"
    connection: str = Field(primary_key=True)
    role: str = Field(primary_key=True)
    profile_id: str | None = Field(default=None, foreign_key="offhook_profile.id", index=True)


class AuthorizationRow(SQLModel, table=True):
    """
    What a system gave us that has to let us in first; ``token_sealed`` is JSON of token and secret.

    ``renew_after`` is when it is renewed, ``failing`` why that did not work last. ``warned`` is the
    fewest days left that its administrator was told of.
    """

    __tablename__ = "offhook_authorization"
    connection: str = Field(primary_key=True)
    state: str
    token_sealed: str
    token_id: str
    approve_at: str = ""
    expires_at: datetime | None = time_field(default=None)
    renew_after: datetime | None = time_field(default=None)
    failing: str = ""
    warned: int | None = None
