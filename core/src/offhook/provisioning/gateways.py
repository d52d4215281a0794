"""Step 3: what teleworkers register with at their border gateway, read from it in batches."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import Factory, define

from offhook.doors import Plugins
from offhook.errors import InvalidInput, OffhookError
from offhook.model.sources import AskedCredentials, FoundCredentials
from offhook.model.users import Selection, User
from offhook.provisioning import connections
from offhook.provisioning.connections import DEFAULT_GATEWAY
from offhook.provisioning.pacing import batches
from offhook.provisioning.profiles import Resolver
from offhook.store.store import Store

BATCH = 2000  # a gateway may have to go through all it has for each batch


@define(kw_only=True)
class GatewayReport:
    """Ids of users whose credentials changed; how many did not, or need none; who has none."""

    changed: list[str] = Factory(list)
    unchanged: int = 0
    not_needed: int = 0
    failed: dict[str, str] = Factory(dict)


def fetch(
    store: Store,
    plugins: Plugins,
    selection: Selection,
    *,
    only_missing: bool = False,
    only_at: str = "",
    dry_run: bool = False,
    actor: str,
    now: datetime,
    on_progress: Callable[[int], object] = lambda done: None,
) -> GatewayReport:
    """
    Read what the selected users register with at the gateways of their profiles, and keep it.

    *only_missing* leaves those alone who have a password, *only_at* those of other gateways; a *dry
    run* reads, and keeps nothing. One batch that fails leaves the others.
    """
    report, done = GatewayReport(), 0
    for ids in batches(store, selection):
        for gateway, users in _by_gateway(store, plugins, ids, report).items():
            if only_at and gateway != only_at:
                continue
            wanted = [user for user in users if not (only_missing and user.gateway_password)]
            report.unchanged += len(users) - len(wanted)
            for start in range(0, len(wanted), BATCH):
                batch = wanted[start : start + BATCH]
                changes = _ask(store, plugins, gateway, batch, report)
                if changes and not dry_run:
                    _keep(store, gateway, batch, changes, actor, now)
        done += len(ids)
        on_progress(done)
    return report


def are_there(store: Store) -> bool:
    """Whether the site, or a profile, names a gateway."""
    with store.read() as tx:
        named = any(each.gateway for each in tx.profiles.all())
        return named or bool(tx.values.get(DEFAULT_GATEWAY))


def _by_gateway(
    store: Store, plugins: Plugins, ids: Sequence[str], report: GatewayReport
) -> dict[str, list[User]]:
    """Return who registers at a gateway, by its connection; "" where nobody names one."""
    found = defaultdict[str, list[User]](list)
    resolve = Resolver(plugins)
    with store.read() as tx:
        known = {each.name: each for each in tx.profiles.all()}
        default = tx.values.get(DEFAULT_GATEWAY)
        for user in tx.users.get(ids):
            profile = known[user.profile]
            settings = resolve(profile, user).settings
            if settings.use_softphone == "off" or settings.use_teleworker == "off":
                report.not_needed += 1
            else:
                found[profile.gateway or default].append(user)
    return found


def _ask(
    store: Store, plugins: Plugins, gateway: str, users: Sequence[User], report: GatewayReport
) -> dict[str, dict[str, Any]]:
    """Return by user id what the gateway has that is different here."""
    asked = [
        AskedCredentials(key=user.id, number=user.number, username=user.gateway_username)
        for user in users
    ]
    try:
        answers = plugins.fetch_credentials(_connection(store, plugins, gateway), asked)
    except OffhookError as error:
        said = f"{error} {error.hint}".strip()
        report.failed |= {user.key: said for user in users}
        return {}
    found = {user.id: _changes(user, answers, report) for user in users}
    return {user_id: changes for user_id, changes in found.items() if changes}


def _keep(
    store: Store,
    gateway: str,
    users: Sequence[User],
    changes: Mapping[str, dict[str, Any]],
    actor: str,
    now: datetime,
) -> None:
    with store.write() as tx:
        for user in users:
            if user.id in changes:
                tx.users.change(user, changes[user.id])
        tx.audit.add(now, actor, "MBG credentials read", gateway, f"{len(changes)} users")


def _connection(store: Store, plugins: Plugins, gateway: str) -> Any:
    if not gateway:
        raise InvalidInput(
            "Neither its profile nor the site names a border gateway.",
            hint="Add one with offhook connections add, or name it: offhook profiles edit.",
        )
    return connections.get(store, plugins, gateway)


def _changes(
    user: User, answers: Mapping[str, FoundCredentials | str], report: GatewayReport
) -> dict[str, Any]:
    answer = answers.get(user.id, "the gateway did not say")
    if isinstance(answer, str):
        report.failed[user.key] = answer
        return {}
    found = {"gateway_username": answer.username, "gateway_password": answer.password}
    changes = {name: value for name, value in found.items() if value != getattr(user, name)}
    if "gateway_username" in user.given:
        changes.pop("gateway_username", None)
    report.changed += [user.id] if changes else []
    report.unchanged += not changes
    return changes
