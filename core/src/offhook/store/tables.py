"""The tables. Columns named ``*_sealed`` hold encrypted text; times are aware UTC."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Table, text
from sqlmodel import Field, SQLModel

from offhook.store.times import time_field


def _where(condition: str) -> Any:
    return dict.fromkeys(("sqlite_where", "postgresql_where"), text(condition))


class ProfileRow(SQLModel, table=True):
    """A deployment profile; JSON of what was set here, and of what its site wants."""

    __tablename__ = "offhook_profile"
    id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    pbx_type: str
    transport: str
    gateway: str = ""
    settings: str
    modes: str = "{}"
    gateway_settings: str = "{}"
    system_settings: str = "{}"
    revision: int


class _UserColumns(SQLModel):
    first_name: str
    last_name: str
    number: str
    email: str
    pbx_host: str
    pbx_username: str
    pbx_password_sealed: str | None = None
    gateway_username: str
    gateway_password_sealed: str | None = None
    client_service_host: str
    client_service_username: str
    client_service_password_sealed: str | None = None
    pin_sealed: str | None = None


class UserRow(_UserColumns, table=True):
    """
    A user; ``search`` is the case-folded text that a search looks into.

    ``given`` names the fields that its source gives, with commas; ``waits`` until it is deployed. A
    password that core has made is pending until the PBX or gateway has taken it.
    """

    __tablename__ = "offhook_user"
    __table_args__ = (
        Index("offhook_user_by_name", "last_name", "id"),
        Index(
            "offhook_user_of_source",
            "connection",
            "source_key",
            unique=True,
            **_where("connection != ''"),
        ),
        Index("offhook_user_that_waits", "connection", **_where("waits")),
    )
    id: str = Field(primary_key=True)
    profile_id: str = Field(foreign_key="offhook_profile.id", index=True)
    connection: str = ""
    source_key: str = ""
    login: str = ""
    role: str = ""
    given: str = ""
    gone_at: datetime | None = time_field(default=None)
    reset_at: datetime | None = time_field(default=None)
    waits: bool = False
    pbx_password_pending_sealed: str | None = None
    gateway_password_pending_sealed: str | None = None
    number: str = Field(index=True)
    email: str = Field(index=True)
    search: str
    revision: int
    force_count: int
    created_at: datetime = time_field()
    deployment_id: str | None = Field(default=None, index=True)


class StagedUserRow(_UserColumns, table=True):
    """
    A checked row of a running import, not yet a user.

    ``revision`` is that of the user it overwrites, when it was checked; null for a new user.
    ``changes`` says whether it differs from that user at all.
    """

    __tablename__ = "offhook_staged_user"
    import_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    user_id: str
    profile_id: str
    revision: int | None = None
    changes: bool
    search: str


class ImportRow(SQLModel, table=True):
    """A running import, so that one that was cut off can be swept up."""

    __tablename__ = "offhook_import"
    id: str = Field(primary_key=True)
    started_at: datetime = time_field()


class CampaignRow(SQLModel, table=True):
    """Many deployments at once; ``selection`` is JSON: user ids, or null for all."""

    __tablename__ = "offhook_campaign"
    id: str = Field(primary_key=True)
    created_at: datetime = time_field()
    actor: str
    transport: str
    selection: str | None = None
    total: int
    cursor: str = ""
    expanded_at: datetime | None = time_field(default=None)


class DeploymentRow(SQLModel, table=True):
    """
    One user's run: delivery, token and device facts; outlives its user for the audit.

    ``chunk`` sends its mail; one in ``wire`` that is ``repeatable`` may be handed over again.
    """

    __tablename__ = "offhook_deployment"
    __table_args__ = (
        Index("offhook_deployment_by_campaign", "campaign_id", "delivery"),
        Index("offhook_deployment_by_end", "expires_at", **_where("token_sealed IS NOT NULL")),
    )
    id: str = Field(primary_key=True)
    user_id: str = Field(index=True)
    campaign_id: str
    created_at: datetime = time_field()
    delivery: str
    delivery_detail: str = ""
    delivered_at: datetime | None = time_field(default=None)
    recipient: str = ""
    recipient_rule: str = ""
    message_id: str = ""
    attempts: int = 0
    not_before: datetime | None = time_field(default=None)
    chunk: str | None = Field(default=None, index=True)
    repeatable: bool = False
    token_hash: str | None = Field(unique=True)
    token_sealed: str | None = None
    token_state: str
    expires_at: datetime = time_field()
    downloads_left: int
    downloads_allowed: int
    wrong_pins: int = 0
    opened_at: datetime | None = time_field(default=None)
    downloaded_at: datetime | None = time_field(default=None)
    applied_at: datetime | None = time_field(default=None)
    registered_at: datetime | None = time_field(default=None)


class GrantRow(SQLModel, table=True):
    """What the right PIN gives: a short-lived address of the configuration."""

    __tablename__ = "offhook_grant"
    grant_hash: str = Field(primary_key=True)
    deployment_id: str = Field(foreign_key="offhook_deployment.id", index=True)
    expires_at: datetime = time_field()


class RefusalRow(SQLModel, table=True):
    """Why requests of one deployment were refused, counted by reason."""

    __tablename__ = "offhook_refusal"
    deployment_id: str = Field(primary_key=True)
    reason: str = Field(primary_key=True)
    count: int
    first_at: datetime = time_field()
    last_at: datetime = time_field()
    agent: str


class EventRow(SQLModel, table=True):
    """Something that an administrator should know; one open row per code and subject."""

    __tablename__ = "offhook_event"
    __table_args__ = (
        Index("offhook_one_open", "code", "subject", unique=True, **_where("resolved_at IS NULL")),
    )
    id: int | None = Field(default=None, primary_key=True)
    severity: str
    code: str
    subject: str = Field(index=True)
    text: str
    raised_at: datetime = time_field()
    resolved_at: datetime | None = time_field(default=None)


class AuditRow(SQLModel, table=True):
    """Who did what, to whom."""

    __tablename__ = "offhook_audit"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = time_field()
    actor: str
    action: str
    subject: str
    detail: str = ""


class AdminRow(SQLModel, table=True):
    """An administrator; ``one_time`` until the password from ``init`` has been changed."""

    __tablename__ = "offhook_admin"
    name: str = Field(primary_key=True)
    role: str
    password_hash: str
    one_time: bool
    created_at: datetime = time_field()


class SessionRow(SQLModel, table=True):
    """A login of an administrator in a browser."""

    __tablename__ = "offhook_session"
    session_hash: str = Field(primary_key=True)
    admin: str = Field(foreign_key="offhook_admin.name")
    expires_at: datetime = time_field()


class ValueRow(SQLModel, table=True):
    """Single values of the installation: its id, the mail's text, the default transport."""

    __tablename__ = "offhook_value"
    name: str = Field(primary_key=True)
    value: str


class KeyCheckRow(SQLModel, table=True):
    """One row with a known value, so that a wrong key file is noticed at the start."""

    __tablename__ = "offhook_key_check"
    id: int = Field(primary_key=True)
    check_sealed: str


class WorkerRow(SQLModel, table=True):
    """A worker's heartbeat: one that falls silent has its work resumed by the others."""

    __tablename__ = "offhook_worker"
    executor_id: str = Field(primary_key=True)
    seen_at: datetime = time_field()


METADATA = SQLModel.metadata


def table(name: str) -> Table:
    """Return the table ``offhook_<name>`` for statements."""
    return METADATA.tables[f"offhook_{name}"]
