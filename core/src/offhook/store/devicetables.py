"""The tables of devices, of their tokens, and of the logs that they sent."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from offhook.store.tables import table
from offhook.store.times import time_field

__all__ = ["ClientLogRow", "DeviceRow", "DeviceTokenRow", "table"]


class DeviceRow(SQLModel, table=True):
    """
    One client that downloaded; ``client_key`` hashes token and device id of a sign-in client.

    ``accounts`` is the most that it was ever given at once.
    """

    __tablename__ = "offhook_device"
    id: str = Field(primary_key=True)
    deployment_id: str = Field(foreign_key="offhook_deployment.id", index=True)
    user_id: str = Field(index=True)
    format: str
    agent: str
    accounts: int
    client_key: str | None = Field(default=None, unique=True)
    downloaded_at: datetime = time_field()
    applied_at: datetime | None = time_field(default=None)
    seen_at: datetime | None = time_field(default=None)
    revoked_at: datetime | None = time_field(default=None)


class DeviceTokenRow(SQLModel, table=True):
    """A token of a device; all stay valid until a newer one is used."""

    __tablename__ = "offhook_device_token"
    token_hash: str = Field(primary_key=True)
    device_id: str = Field(foreign_key="offhook_device.id", index=True)
    created_at: datetime = time_field()


class ClientLogRow(SQLModel, table=True):
    """A log that a client sent, packed with gzip; its secrets were taken out before."""

    __tablename__ = "offhook_client_log"
    id: str = Field(primary_key=True)
    device_id: str = Field(foreign_key="offhook_device.id", index=True)
    user_id: str = Field(index=True)
    agent: str
    size: int
    packed: bytes
    received_at: datetime = time_field(index=True)
