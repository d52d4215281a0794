"""Logs that clients send: taken from devices that we know, within bounds, without secrets."""

import secrets
import zlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from attrs import frozen

from offhook.doors import Plugins
from offhook.errors import UnknownName
from offhook.provisioning import pacing, resolving, tokens
from offhook.provisioning.logmasks import mask
from offhook.store.clientlogs import ClientLog
from offhook.store.devices import OwnedDevice
from offhook.store.store import Store, Transaction

LARGEST = 2 * 1024 * 1024  # bytes of a request
LARGEST_TEXT = 10 * 1024 * 1024  # bytes, unpacked
MOST = 10  # logs of a device
WITHIN = timedelta(days=1)
KEPT = timedelta(days=30)
_GZIP = b"\x1f\x8b"
_UNPACK_GZIP = 16 + zlib.MAX_WBITS


@frozen
class LogPage:
    """A page of logs with the names of their users; ``next`` is given back as ``after``."""

    lines: Sequence[tuple[ClientLog, str]]
    next: str


def why_refused(store: Store, plugins: Plugins, token: str, *, now: datetime) -> str:
    """Return why a log of the device with *token* is not taken; empty where it may send one."""
    with store.read() as tx:
        found = _owner(tx, token)
        reason = _why_refused(tx, plugins, found, now)
    if found and reason:
        _note(store, found, reason, now)
    return reason


def keep(
    store: Store, plugins: Plugins, token: str, body: bytes, *, agent: str, now: datetime
) -> str:
    """
    Keep what the device with *token* sent, text or gzip; returns why not, empty where it is kept.

    What is known to be secret of its user is masked, and what looks like a secret.
    """
    with store.read() as tx:
        found = _owner(tx, token)
    text = _unpacked(body)
    if not found or text is None:
        if found:
            _note(store, found, "log-unreadable", now)
        return "log-unreadable" if found else "unknown"
    masked = mask(text, found.user, token)
    log = ClientLog(
        id=f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(4)}",
        device_id=found.device.id,
        user_id=found.user.id,
        agent=agent[:200],
        size=len(masked.encode()),
        received_at=now,
    )
    with store.write() as tx:
        # Asked again where nobody writes beside us: what came at once must not pass together.
        reason = _why_refused(tx, plugins, _owner(tx, token), now)
        if not reason:
            tx.client_logs.add(log, masked)
            return ""
    _note(store, found, reason, now)
    return reason


def page(
    store: Store, user_ids: Collection[str] | None = None, *, after: str = "", limit: int = 50
) -> LogPage:
    """Return up to *limit* logs, those of some users or (None) all, the newest first."""
    with store.read() as tx:
        lines = tx.client_logs.page(user_ids, after=after, limit=limit + 1)
    return LogPage(lines[:limit], lines[limit - 1][0].id if len(lines) > limit else "")


def read(store: Store, log_id: str, *, actor: str, now: datetime) -> tuple[ClientLog, str]:
    """Return a log and its text, for an administrator; the audit says who. Raises `UnknownName`."""
    with store.write() as tx:
        found = tx.client_logs.get(log_id)
        if not found:
            newest = [log.id for log, _ in tx.client_logs.page(limit=10)]
            raise UnknownName("client log", log_id, newest)
        log = found[0]
        tx.audit.add(now, actor, "client log read", log.id, f"of {log.user_id}")
    return found


def forget(store: Store, *, now: datetime) -> None:
    """Delete what is older than anybody needs."""
    pacing.repeat(store, lambda tx, limit: tx.client_logs.delete_before(now - KEPT, limit))


def _owner(tx: Transaction, token: str) -> OwnedDevice | None:
    key = tokens.hash_of_device(token)
    return tx.devices.owned_by_tokens([key]).get(key)


def _why_refused(
    tx: Transaction, plugins: Plugins, found: OwnedDevice | None, now: datetime
) -> str:
    if not found:
        return "unknown"
    if found.device.revoked_at:
        return "device-revoked"
    if not resolving.resolve_for(found.profile, found.user, plugins).settings.log_upload:
        return "logs-off"
    many = tx.client_logs.count_since(found.device.id, now - WITHIN) >= MOST
    return "too-many-logs" if many else ""


def _note(store: Store, found: OwnedDevice, reason: str, now: datetime) -> None:
    with store.write() as tx:
        tx.refusals.count(found.device.deployment_id, reason, found.device.agent, now)


def _unpacked(body: bytes) -> str | None:
    """Return the text of *body*, unpacked where it is packed; nothing for what is no log."""
    if body.startswith(_GZIP):
        unpacker = zlib.decompressobj(_UNPACK_GZIP)
        try:
            body = unpacker.decompress(body, LARGEST_TEXT)
        except zlib.error:
            return None
        if not unpacker.eof:
            return None
    text = body.decode("utf-8", "replace")
    return None if "\0" in text else text
