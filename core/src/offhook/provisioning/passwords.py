"""Step 3: SIP passwords that we make for users of a PBX that takes them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import Factory, define

from offhook.doors import Plugins
from offhook.model.users import Selection, User
from offhook.provisioning import connections
from offhook.provisioning.pacing import batches
from offhook.provisioning.pushing import Pusher
from offhook.store.store import Store


@define(kw_only=True)
class PasswordReport:
    """How many users got a password, whose PBX takes none, and who could not be served, and why."""

    set: int = 0
    unchanged: int = 0
    by_hand: int = 0
    failed: dict[str, str] = Factory(dict)


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
    report = PasswordReport()
    pusher = Pusher(store, plugins, actor=actor, now=now, renew=renew, on_progress=on_progress)
    for ids in batches(store, selection):
        for source, users in _by_source(store, ids).items():
            lacking = [user for user in users if renew or not user.pbx_password]
            report.unchanged += len(users) - len(lacking)
            if not _takes(store, plugins, source):
                report.by_hand += len(lacking)
                continue
            failed = {} if dry_run else pusher.push(source, "pbx", lacking)
            report.failed |= {user.key: failed[user.id] for user in lacking if user.id in failed}
            report.set += len(lacking) - len(failed)
    return report


def _by_source(store: Store, ids: Sequence[str]) -> dict[str, list[User]]:
    found = defaultdict[str, list[User]](list)
    with store.read() as tx:
        for user in tx.users.get(ids):
            found[user.connection].append(user)
    return found


def _takes(store: Store, plugins: Plugins, source: str) -> bool:
    """Whether users come from a PBX that passwords are brought to; a gateway's are not its."""
    if not source:
        return False
    with store.read() as tx:
        stored = connections.find(tx, source)
    is_pbx = plugins.pbx_type_of(stored.plugin) is not None
    return is_pbx and connections.way_of(stored, plugins) == "set"
