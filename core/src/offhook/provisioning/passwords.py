"""Step 3: SIP passwords that we make: pending, brought to the PBX, then current and delivered."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import Factory, define

from offhook.doors import Plugins
from offhook.errors import OffhookError
from offhook.model.secrets import Secret
from offhook.model.sources import WantedCredentials
from offhook.model.users import Selection, User
from offhook.provisioning import connections
from offhook.provisioning.pacing import batches
from offhook.store.store import Store

HOOK = "set_credentials"
BATCH = 50
LENGTH = 20
# Without letters and digits that people confuse: sometimes they are typed.
ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@define(kw_only=True)
class PasswordReport:
    """How many users got a password, whose PBX takes none, and who could not be served, and why."""

    set: int = 0
    unchanged: int = 0
    by_hand: int = 0
    failed: dict[str, str] = Factory(dict)


def make() -> Secret:
    """Return a new password of 20 characters, 115 random bits."""
    return Secret("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def provide(
    store: Store,
    plugins: Plugins,
    selection: Selection,
    *,
    renew: bool = False,
    dry_run: bool = False,
    actor: str,
    now: datetime,
    on_progress: Callable[[int], object] = lambda done: None,
) -> PasswordReport:
    """
    Give the selected users a SIP password at their PBX: those who have none, or (*renew*) all.

    A password that could not be set stays pending: the next call brings the same one again.
    """
    report, done = PasswordReport(), 0
    broken: dict[str, str] = {}
    for ids in batches(store, selection):
        for source, users in _by_source(store, ids).items():
            lacking = [user for user in users if renew or not user.pbx_password]
            report.unchanged += len(users) - len(lacking)
            if not _takes(store, plugins, source):
                report.by_hand += len(lacking)
                continue
            for start in range(0, len(lacking), BATCH):
                batch = lacking[start : start + BATCH]
                failed = {}
                if not dry_run:
                    failed = _try(store, plugins, source, batch, broken, actor=actor, now=now)
                report.failed |= failed
                report.set += len(batch) - len(failed)
                on_progress(done + start + len(batch))
        done += len(ids)
    return report


def _by_source(store: Store, ids: Sequence[str]) -> dict[str, list[User]]:
    found = defaultdict[str, list[User]](list)
    with store.read() as tx:
        for user in tx.users.get(ids):
            found[user.connection].append(user)
    return found


def _takes(store: Store, plugins: Plugins, source: str) -> bool:
    """Whether users come from a PBX that passwords can be brought to; a gateway's are not its."""
    if not source:
        return False
    with store.read() as tx:
        plugin = connections.find(tx, source).plugin
    return plugins.implements(plugin, HOOK) and plugins.pbx_type_of(plugin) is not None


def _try(
    store: Store,
    plugins: Plugins,
    source: str,
    users: Sequence[User],
    broken: dict[str, str],
    *,
    actor: str,
    now: datetime,
) -> dict[str, str]:
    """Return who could not be served, and why; a system that failed once is left alone."""
    if source not in broken:
        try:
            refused = _set(store, plugins, source, users, actor=actor, now=now)
            return {
                user.key: refused[user.source_key] for user in users if user.source_key in refused
            }
        except OffhookError as error:
            broken[source] = str(error)
    return dict.fromkeys((user.key for user in users), broken[source])


def _set(
    store: Store,
    plugins: Plugins,
    source: str,
    users: Sequence[User],
    *,
    actor: str,
    now: datetime,
) -> Mapping[str, str]:
    connection = connections.get(store, plugins, source)
    passwords = _make_pending(store, users)
    wanted = [
        WantedCredentials(
            key=user.source_key,
            number=user.number,
            username=user.pbx_username or user.number,
            password=passwords[user.id],
        )
        for user in users
    ]
    refused = plugins.set_credentials(connection, wanted)
    taken = [user for user in users if user.source_key not in refused]
    with store.write() as tx:
        for user in taken:
            values: dict[str, Any] = {"pbx_username": user.pbx_username or user.number}
            values |= {"pbx_password": passwords[user.id], "pbx_password_pending_sealed": None}
            tx.users.change(user, values)
        keys = ", ".join(user.key for user in taken)
        tx.audit.add(now, actor, "SIP passwords set", source, keys)
    return refused


def _make_pending(store: Store, users: Sequence[User]) -> dict[str, Secret]:
    """Return the password of each user, kept before anybody else learns it."""
    with store.write() as tx:
        found = tx.imported.pending([user.id for user in users])
        for user in users:
            if user.id not in found:
                found[user.id] = make()
                tx.imported.set_pending(user.id, found[user.id])
    return found
