"""Step 3: brings passwords that we make to PBX or gateway: pending, pushed, current."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from offhook.doors import Plugins
from offhook.errors import OffhookError
from offhook.model.documents import Side
from offhook.model.secrets import Secret
from offhook.model.sources import WantedCredentials
from offhook.model.users import User
from offhook.provisioning import connections
from offhook.store.store import Store

HOOK = "set_credentials"
# How many a system is asked for at once: a gateway looks through all it has each time.
BATCH: Mapping[Side, int] = {"pbx": 50, "gateway": 500}
LENGTH = 20
# Without letters and digits that people confuse: sometimes they are typed.
KINDS = ("abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789")
ALPHABET = "".join(KINDS)


def make() -> Secret:
    """Return a new password of 20 characters, 115 random bits; no rule finds it weak."""
    while True:
        text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if all(set(text) & set(kind) for kind in KINDS):  # every twentieth has no digit
            return Secret(text)


class Pusher:
    """
    Gives users new passwords at the systems that they register with.

    A password that was not taken stays pending: the same one comes again, but where all are to be
    new (*renew*). A system that has failed once as a whole is left alone.
    """

    def __init__(
        self,
        store: Store,
        plugins: Plugins,
        *,
        actor: str,
        now: datetime,
        renew: bool = False,
        on_progress: Callable[[int], object] = lambda done: None,
    ) -> None:
        self._store, self._plugins = store, plugins
        self._actor, self._now = actor, now
        self._renew = renew
        self._on_progress, self._done = on_progress, 0
        self._broken: dict[str, str] = {}

    def push(self, name: str, side: Side, users: Sequence[User]) -> dict[str, str]:
        """Give *users* passwords at the connection *name*; returns by id why some have none."""
        failed: dict[str, str] = {}
        for start in range(0, len(users), BATCH[side]):
            batch = users[start : start + BATCH[side]]
            failed |= self._try(name, side, batch)
            self._done += len(batch)
            self._on_progress(self._done)
        return failed

    def _try(self, name: str, side: Side, users: Sequence[User]) -> dict[str, str]:
        if name not in self._broken:
            try:
                return self._set(name, side, users)
            except OffhookError as error:
                self._broken[name] = error.whole
        return dict.fromkeys((user.id for user in users), self._broken[name])

    def _set(self, name: str, side: Side, users: Sequence[User]) -> dict[str, str]:
        connection = connections.get(self._store, self._plugins, name)
        passwords = self._make_pending(side, users)
        wanted = {_key(user, side): _wanted(user, side, passwords[user.id]) for user in users}
        refused = self._plugins.set_credentials(connection, list(wanted.values()))
        taken = [user for user in users if _key(user, side) not in refused]
        with self._store.write() as tx:
            for user in taken:
                values: dict[str, Any] = {
                    f"{side}_username": wanted[_key(user, side)].username,
                    f"{side}_password": passwords[user.id],
                    f"{side}_password_pending_sealed": None,
                }
                tx.users.change(user, values)
            keys = ", ".join(user.key for user in taken)
            tx.audit.add(self._now, self._actor, "SIP passwords set", name, keys)
        return {user.id: refused[key] for user in users if (key := _key(user, side)) in refused}

    def _make_pending(self, side: Side, users: Sequence[User]) -> dict[str, Secret]:
        """Return the password of each user, kept before anybody else learns it."""
        with self._store.write() as tx:
            ids = [user.id for user in users]
            found = {} if self._renew else tx.imported.pending(side, ids)
            for user in users:
                if user.id not in found:
                    found[user.id] = make()
                    tx.imported.set_pending(side, user.id, found[user.id])
        return found


def _key(user: User, side: Side) -> str:
    """Return what names *user* there: the key of its source, of which a gateway knows nothing."""
    return user.source_key if side == "pbx" else user.id


def _wanted(user: User, side: Side, password: Secret) -> WantedCredentials:
    username = user.pbx_username or user.number if side == "pbx" else user.gateway_username
    return WantedCredentials(
        key=_key(user, side), number=user.number, username=username, password=password
    )
