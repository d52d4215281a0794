"""Force config: clients fetch at their next opportunity, even when nothing has changed for them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from attrs import frozen

from offhook.doors import Plugins
from offhook.model.profiles import ResolvedProfile
from offhook.model.users import Selection, User
from offhook.provisioning.pacing import PacedWrites, batches
from offhook.provisioning.planning import why_gone
from offhook.provisioning.resolving import Resolver
from offhook.store.store import Store

Way = Literal["force", "deploy", "none"]


@frozen(kw_only=True)
class Reach:
    """
    How the clients of a user are reached: by force config, by a new deployment, or not at all.

    ``devices`` are those that have downloaded and are not revoked; ``reason`` says why they cannot
    be forced, and is empty where they can.
    """

    user: User
    devices: int
    way: Way
    reason: str = ""


@frozen(kw_only=True)
class Sorted:
    """
    The selected users by how their clients are reached.

    ``force`` are ids, ``deploy`` ids by the reason why force config does not reach them; ``gone``
    are those whom their source does not hold any more, as people name them.
    """

    force: Sequence[str]
    deploy: Mapping[str, Sequence[str]]
    gone: Sequence[str]


@frozen(kw_only=True)
class Forced:
    """How many users with how many devices were forced, and how the others are reached."""

    users: int
    devices: int
    sorted: Sorted


def plan(store: Store, plugins: Plugins, selection: Selection) -> Iterator[Reach]:
    """Yield how the clients of every selected user are reached; changes nothing."""
    resolve = Resolver(plugins)
    for ids in batches(store, selection):
        with store.read() as tx:
            found = tx.users.get(ids)
            devices = tx.devices.count_live(ids)
            profiles = {each.name: each for each in tx.profiles.all()}
        for user in found:
            resolved = resolve(profiles[user.profile], user)
            yield _reach(user, devices.get(user.id, 0), resolved)


def sort_out(store: Store, plugins: Plugins, selection: Selection) -> Sorted:
    """Sort the selected users by how their clients are reached."""
    force, gone = [], []
    deploy: dict[str, list[str]] = {}
    for each in plan(store, plugins, selection):
        if each.way == "force":
            force.append(each.user.id)
        elif each.way == "deploy":
            deploy.setdefault(each.reason, []).append(each.user.id)
        else:
            gone.append(each.user.key)
    return Sorted(force=force, deploy=deploy, gone=gone)


def force(
    store: Store,
    among: Sorted,
    *,
    actor: str,
    now: datetime,
    on_progress: Callable[[int], object] = lambda done: None,
) -> Forced:
    """Let the clients of those who can be forced fetch everything the next time that they ask."""
    writes = PacedWrites(store)
    users = devices = done = 0
    for ids in batches(store, Selection(ids=tuple(among.force))):
        with writes.write() as tx:
            users += tx.users.force(ids)
            devices += sum(tx.devices.count_live(ids).values())
            keys = ", ".join(tx.users.keys(ids))
            tx.audit.add(now, actor, "config forced", f"{len(ids)} users", keys)
        done += len(ids)
        on_progress(done)
    return Forced(users=users, devices=devices, sorted=among)


def _reach(user: User, devices: int, resolved: ResolvedProfile) -> Reach:
    if gone := why_gone(user):
        return Reach(user=user, devices=devices, way="none", reason=gone)
    reason = "" if devices else "no client yet, or only revoked ones"
    if devices and resolved.settings.fetch == "once":
        reason = "with fetch=once its client does not ask again"
    return Reach(user=user, devices=devices, way="deploy" if reason else "force", reason=reason)
