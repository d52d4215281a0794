"""Devices and their tokens in the database."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs import frozen
from sqlalchemy import Connection, RowMapping, delete, exists, func, insert, select, update

from offhook.model.deployments import Device
from offhook.model.profiles import Profile
from offhook.model.users import User, key_of
from offhook.store.deployments import OWNER_COLUMNS
from offhook.store.devicetables import table
from offhook.store.encryption import Cipher
from offhook.store.mapping import profile_of, user_of

devices = table("device")
tokens = table("device_token")
users = table("user")
profiles = table("profile")

_FIELDS = tuple(field.name for field in attrs.fields(Device))
_LINES = select(
    devices, users.c.connection, users.c.number, users.c.first_name, users.c.last_name
).join(users, users.c.id == devices.c.user_id, isouter=True)


@frozen(kw_only=True)
class NewDevice:
    """A device that has just downloaded; ``client_key`` for clients that sign in again."""

    device: Device
    token_hash: str
    client_key: str | None = None


@frozen(kw_only=True)
class OwnedDevice:
    """
    A device with its user and profile.

    ``token_made_at`` is of the token that was shown; ``older_tokens`` says whether others remain.
    """

    device: Device
    user: User
    profile: Profile
    token_made_at: datetime | None
    older_tokens: bool


@frozen(kw_only=True)
class DeviceLine:
    """A line of the devices list; ``user`` is how people name the user, empty for a deleted one."""

    device: Device
    user: str
    name: str


class Devices:
    """The devices of one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, new: Sequence[NewDevice]) -> None:
        """Store devices, each with its first token."""
        if not new:
            return
        rows = [
            {name: getattr(each.device, name) for name in _FIELDS} | {"client_key": each.client_key}
            for each in new
        ]
        self._connection.execute(insert(devices), rows)
        self._connection.execute(
            insert(tokens),
            [
                {
                    "token_hash": each.token_hash,
                    "device_id": each.device.id,
                    "created_at": each.device.downloaded_at,
                }
                for each in new
            ],
        )

    def owned_by_tokens(self, hashes: Iterable[str]) -> dict[str, OwnedDevice]:
        """Return devices with users and profiles, by the hash of one of their tokens."""
        other = tokens.alias()
        older = exists().where(
            other.c.device_id == devices.c.id, other.c.created_at < tokens.c.created_at
        )
        query = self._owned().join(tokens, tokens.c.device_id == devices.c.id)
        query = query.add_columns(
            tokens.c.token_hash.label("key"),
            tokens.c.created_at.label("made_at"),
            older.label("older"),
        )
        return self._by_key(query.where(tokens.c.token_hash.in_(set(hashes))))

    def owned_by_client_keys(self, keys: Iterable[str]) -> dict[str, OwnedDevice]:
        """Return the same for clients that sign in with deployment token and device id."""
        query = self._owned().add_columns(devices.c.client_key.label("key"))
        return self._by_key(query.where(devices.c.client_key.in_(set(keys))))

    def client_keys(self, among: Collection[str | None]) -> set[str | None]:
        """Return those of *among* that belong to a device already."""
        if not among:
            return set()
        query = select(devices.c.client_key).where(devices.c.client_key.in_(among))
        return set(self._connection.execute(query).scalars())

    def of_user(self, user_id: str) -> list[Device]:
        """Return a user's devices, the newest first."""
        query = select(devices).where(devices.c.user_id == user_id)
        rows = self._connection.execute(query.order_by(devices.c.downloaded_at.desc())).mappings()
        return [Device(**{name: row[name] for name in _FIELDS}) for row in rows]

    def count_live(self, user_ids: Iterable[str]) -> dict[str, int]:
        """Return how many devices that are not revoked of these users have; none: left out."""
        query = select(devices.c.user_id, func.count()).where(
            devices.c.user_id.in_(list(user_ids)), devices.c.revoked_at.is_(None)
        )
        return {
            row[0]: row[1] for row in self._connection.execute(query.group_by(devices.c.user_id))
        }

    def count_users(self, profile: str = "") -> int:
        """Return how many users (of a profile) have a device that is not revoked."""
        mine = (devices.c.user_id == users.c.id, devices.c.revoked_at.is_(None))
        query = select(func.count()).select_from(users).where(exists().where(*mine))
        if profile:
            joined = profiles.c.id == users.c.profile_id
            query = query.where(exists().where(joined, profiles.c.name == profile))
        return self._connection.execute(query).scalar_one()

    def page(
        self, user_ids: Collection[str] | None = None, *, after: str = "", limit: int = 50
    ) -> list[DeviceLine]:
        """Return up to *limit* devices, those of some users or all, the newest first."""
        query = _LINES.order_by(devices.c.id.desc()).limit(limit)
        if user_ids is not None:
            query = query.where(devices.c.user_id.in_(user_ids))
        if after:
            query = query.where(devices.c.id < after)
        return [_line_of(row) for row in self._connection.execute(query).mappings()]

    def get(self, device_id: str) -> DeviceLine | None:
        """Return one."""
        query = _LINES.where(devices.c.id == device_id)
        row = self._connection.execute(query).mappings().first()
        return _line_of(row) if row else None

    def note_use(self, device_id: str, now: datetime) -> None:
        """Write down that a device asked; the first time proves that it applied what it got."""
        change = update(devices).where(devices.c.id == device_id)
        self._connection.execute(change.values(seen_at=now))
        self._connection.execute(
            change.where(devices.c.applied_at.is_(None)).values(applied_at=now)
        )

    def note_accounts(self, device_id: str, count: int) -> None:
        """Write down that a device was given more accounts than before."""
        mine = (devices.c.id == device_id, devices.c.accounts < count)
        self._connection.execute(update(devices).where(*mine).values(accounts=count))

    def add_token(self, token_hash: str, device_id: str, now: datetime, keep: int) -> None:
        """Give a device one more token; beyond *keep* the oldest is dropped."""
        self._connection.execute(
            insert(tokens).values(token_hash=token_hash, device_id=device_id, created_at=now)
        )
        newest = (
            select(tokens.c.token_hash)
            .where(tokens.c.device_id == device_id)
            .order_by(tokens.c.created_at.desc())
            .limit(keep)
        )
        self._connection.execute(
            delete(tokens).where(
                tokens.c.device_id == device_id, tokens.c.token_hash.not_in(newest)
            )
        )

    def drop_older_tokens(self, device_id: str, than: datetime) -> None:
        """Drop the tokens of a device that were made before *than*."""
        self._connection.execute(
            delete(tokens).where(tokens.c.device_id == device_id, tokens.c.created_at < than)
        )

    def revoke_one(self, device_id: str, now: datetime) -> bool:
        """Revoke a device; tells whether it was not revoked before."""
        mine = (devices.c.id == device_id, devices.c.revoked_at.is_(None))
        change = update(devices).where(*mine).values(revoked_at=now)
        return bool(self._connection.execute(change).rowcount)

    def revoke(self, user_ids: Iterable[str], now: datetime) -> None:
        """Revoke every device of these users: their tokens are refused from now on."""
        self._connection.execute(
            update(devices)
            .where(devices.c.user_id.in_(list(user_ids)), devices.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    def _owned(self) -> Any:
        columns = [column.label(f"v_{column.name}") for column in devices.c]
        return (
            select(*columns, *OWNER_COLUMNS)
            .join(users, users.c.id == devices.c.user_id)
            .join(profiles, profiles.c.id == users.c.profile_id)
        )

    def _by_key(self, query: Any) -> dict[str, OwnedDevice]:
        found = {}
        for row in self._connection.execute(query).mappings():
            profile = profile_of(row, "p_")
            found[row["key"]] = OwnedDevice(
                device=Device(**{name: row[f"v_{name}"] for name in _FIELDS}),
                user=user_of(row, profile.name, self._cipher),
                profile=profile,
                token_made_at=row.get("made_at"),
                older_tokens=bool(row.get("older")),
            )
        return found


def _line_of(row: RowMapping) -> DeviceLine:
    device = Device(**{name: row[name] for name in _FIELDS})
    if row["number"] is None:
        return DeviceLine(device=device, user="", name="")
    return DeviceLine(
        device=device,
        user=key_of(device.user_id, row["connection"], row["number"]),
        name=f"{row['first_name']} {row['last_name']}".strip(),
    )
