"""The devices that downloaded: listed page by page, and revoked one by one."""

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import frozen

from offhook.errors import UnknownName
from offhook.store.devices import DeviceLine
from offhook.store.store import Store, Transaction


@frozen
class DevicePage:
    """A page of the devices list; ``next`` is given back as ``after`` for the following one."""

    lines: Sequence[DeviceLine]
    next: str


@frozen
class Revoked:
    """
    A device, and whether it was not revoked before.

    ``downloads_left`` are those of its user's link, which stays as it is.
    """

    line: DeviceLine
    is_new: bool
    downloads_left: int


def page(
    store: Store, user_ids: Collection[str] | None = None, *, after: str = "", limit: int = 50
) -> DevicePage:
    """Return up to *limit* devices, those of some users or (None) all, the newest first."""
    with store.read() as tx:
        lines = tx.devices.page(user_ids, after=after, limit=limit + 1)
    more = len(lines) > limit
    return DevicePage(lines[:limit], lines[limit - 1].device.id if more else "")


def find(store: Store, ids: Sequence[str]) -> list[DeviceLine]:
    """Return devices by their ids; raises `UnknownName`."""
    with store.read() as tx:
        return [_get(tx, each) for each in ids]


def revoke(store: Store, ids: Sequence[str], *, actor: str, now: datetime) -> list[Revoked]:
    """
    Revoke devices: their tokens are refused at once, and they keep what they have.

    Links and other devices stay as they are. Raises `UnknownName`, and revokes none then.
    """
    with store.write() as tx:
        lines = [_get(tx, each) for each in dict.fromkeys(ids)]
        return [_revoke(tx, each, actor, now) for each in lines]


def _revoke(tx: Transaction, line: DeviceLine, actor: str, now: datetime) -> Revoked:
    device = line.device
    is_new = tx.devices.revoke_one(device.id, now)
    if is_new:
        detail = f"of {line.user or device.user_id}, {device.agent}"
        tx.audit.add(now, actor, "device revoked", device.id, detail)
    current = tx.deployments.current(device.user_id)
    is_open = current and current.token_state_at(now) == "open"
    return Revoked(line, is_new, current.downloads_left if current and is_open else 0)


def _get(tx: Transaction, device_id: str) -> DeviceLine:
    found = tx.devices.get(device_id)
    if not found:
        newest = [each.device.id for each in tx.devices.page(limit=10)]
        raise UnknownName("device", device_id, newest)
    return found
