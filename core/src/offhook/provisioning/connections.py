"""Connections: configured systems, their options read by the plugin that speaks for them."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import evolve

from offhook.doors import Plugins
from offhook.errors import InvalidInput, Problem, UnknownName
from offhook.model.connections import Connection
from offhook.model.described import describe, read_texts
from offhook.model.findings import Severity
from offhook.model.secrets import Secret
from offhook.model.sources import CredentialWay
from offhook.provisioning import sitesettings
from offhook.provisioning.sitesettings import DEFAULT_GATEWAY
from offhook.store.connections import StoredConnection
from offhook.store.store import Store, Transaction

DEFAULT_TRANSPORT = "default-transport"
FETCHES, SETS = "fetch_credentials", "set_credentials"
UNREACHABLE, UNUSABLE = "transport-unreachable", "transport-unusable"
TRANSPORT_EVENTS: Mapping[str, Severity] = {UNREACHABLE: "warning", UNUSABLE: "major"}
UNREADABLE, UNSYNCED = "source-unreadable", "sync-failed"
SOURCE_EVENTS: Mapping[str, Severity] = {UNREADABLE: "warning", UNSYNCED: "warning"}
NOT_RENEWED = "authorization-renewal-failed"
ENDS: Mapping[int, Severity] = {28: "warning", 14: "minor", 0: "major"}  # by days left
AUTHORIZATION_EVENTS: Mapping[str, Severity] = {
    NOT_RENEWED: "warning",
    **{f"authorization-ends-{days}": severity for days, severity in ENDS.items()},
}


def add(
    store: Store,
    plugins: Plugins,
    name: str,
    plugin: str,
    texts: Mapping[str, str],
    *,
    local: bool = False,
    credentials: str = "",
    actor: str,
    now: datetime,
) -> Connection[Any]:
    """
    Store a new connection; the first one that can send becomes the site's default transport.

    The first border gateway, or the one that is said to be *local*, is the profiles' default.
    *credentials* is one of its `ways`, empty for the first.
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput(
            "The connection needs a name of letters, digits, - and _.",
            [Problem("name", name, "cannot be used in connection/number")],
        )
    if plugin in plugins.names() and not plugins.implements(plugin, "options_class"):
        raise InvalidInput(
            f"The plugin {plugin!r} speaks to no system: it needs no connection.",
            hint="Choose another one: offhook plugins list",
        )
    hidden = _hide(plugins, plugin, texts)
    way = _check_way(plugins, plugin, credentials)
    stored = StoredConnection(secrets.token_hex(8), name, plugin, hidden, way)
    connection = read(stored, plugins)
    stored = evolve(stored, defaults=sitesettings.ask(plugins, connection))
    with store.write() as tx:
        if tx.connections.named(name):
            raise InvalidInput(f"There is already a connection {name!r}.", hint="Remove it first.")
        tx.connections.add(stored, now)
        _map_roles(tx, plugins, stored)
        _offer_as_default(tx, plugins, stored, local=local)
        tx.audit.add(now, actor, "connection added", name, plugin)
    return connection


def change(
    store: Store,
    plugins: Plugins,
    name: str,
    texts: Mapping[str, str],
    *,
    credentials: str = "",
    actor: str,
    now: datetime,
) -> Connection[Any]:
    """
    Change options of a connection; an empty text goes back to the plugin's default.

    *credentials* is another one of its `ways`, empty for the present one.
    """
    with store.write() as tx:
        stored = find(tx, name)
        kept = {key: value for key, value in stored.options.items() if key not in texts}
        given = _hide(plugins, stored.plugin, {key: text for key, text in texts.items() if text})
        way = _check_way(plugins, stored.plugin, credentials) or stored.credentials
        changed = evolve(stored, options={**kept, **given}, credentials=way)
        connection = read(changed, plugins)
        tx.connections.replace(evolve(changed, defaults=sitesettings.ask(plugins, connection)))
        sitesettings.follow(tx)
        if changed.options != stored.options and tx.imported.count_from(name):
            tx.sources.set(name, changed_at=now)
        if _is_another(plugins, stored, given) and tx.authorizations.delete(name):
            tx.events.resolve(AUTHORIZATION_EVENTS, [name], now)
            tx.audit.add(now, actor, "authorisation dropped", name, "it is another system now")
        what = ", ".join([*texts, *(["credentials"] if credentials else [])])
        tx.audit.add(now, actor, "connection changed", name, what)
    return connection


def ways(plugins: Plugins, plugin: str) -> tuple[CredentialWay, ...]:
    """Return how users' passwords can come here from a PBX or gateway, the preferred way first."""
    pbx_type = plugins.pbx_type_of(plugin)
    if pbx_type:
        return pbx_type.credentials
    if not plugins.implements(plugin, FETCHES):
        return ()
    return ("read", "set", "file") if plugins.implements(plugin, SETS) else ("read", "file")


def way_of(stored: StoredConnection, plugins: Plugins) -> CredentialWay | Literal[""]:
    """Return the way that was chosen for a connection, or its plugin's; empty where none is."""
    return stored.credentials or next(iter(ways(plugins, stored.plugin)), "")


def remove(store: Store, name: str, *, actor: str, now: datetime) -> None:
    """Remove a connection; refused while profiles name it or users come from it."""
    with store.write() as tx:
        stored = find(tx, name)
        _refuse_while_used(tx, name)
        tx.connections.delete(stored.id)
        tx.sources.delete(name)
        tx.authorizations.delete(name)
        tx.roles.delete(name)
        events = {**TRANSPORT_EVENTS, **SOURCE_EVENTS, **AUTHORIZATION_EVENTS}
        tx.events.resolve(events, [name], now)
        for default in (DEFAULT_TRANSPORT, DEFAULT_GATEWAY):
            if tx.values.get(default) == name:
                tx.values.set(default, "")
        sitesettings.follow(tx)
        tx.audit.add(now, actor, "connection removed", name)


def _refuse_while_used(tx: Transaction, name: str) -> None:
    what = f"The connection {name!r} cannot be removed"
    named = {each.name: (each.transport, each.gateway) for each in tx.profiles.all()}
    holders = [profile for profile, names in named.items() if name in names]
    if holders:
        raise InvalidInput(
            f"{what}: the profiles {', '.join(holders)} name it.",
            hint="Choose another transport or gateway for these profiles first.",
        )
    users = tx.imported.count_from(name)
    if users:
        raise InvalidInput(
            f"{what}: {users} users come from it.",
            hint="Delete these users first, or keep the connection and end its schedule.",
        )


def _check_way(plugins: Plugins, plugin: str, way: str) -> CredentialWay | Literal[""]:
    if not way:
        return ""
    offered = ways(plugins, plugin)
    for each in offered:
        if each == way:
            return each
    reason = f"{plugin} offers {', '.join(offered)}" if offered else f"{plugin} offers none"
    raise InvalidInput("Credentials cannot come that way:", [Problem("credentials", way, reason)])


def _hide(plugins: Plugins, plugin: str, texts: Mapping[str, str]) -> dict[str, Secret]:
    """Return options as they are stored: the files that they name with their whole paths."""
    fields = describe(plugins.options_class(plugin))
    return {
        key: Secret(fields[key].place(text) if key in fields else text)
        for key, text in texts.items()
    }


def _offer_as_default(
    tx: Transaction, plugins: Plugins, stored: StoredConnection, *, local: bool
) -> None:
    """Let a connection be the site's transport or gateway where there is none, or it is *local*."""
    does = plugins.implements
    if does(stored.plugin, FETCHES) and (local or not tx.values.get(DEFAULT_GATEWAY)):
        tx.values.set(DEFAULT_GATEWAY, stored.name)
        sitesettings.follow(tx)
    if does(stored.plugin, "send") and not tx.values.get(DEFAULT_TRANSPORT):
        tx.values.set(DEFAULT_TRANSPORT, stored.name)


def _is_another(plugins: Plugins, stored: StoredConnection, given: Mapping[str, Secret]) -> bool:
    """Whether changed options lead to another system than before."""
    fields = describe(plugins.options_class(stored.plugin))
    return any(
        fields[key].identifies and stored.options.get(key) != value for key, value in given.items()
    )


def _map_roles(tx: Transaction, plugins: Plugins, stored: StoredConnection) -> None:
    """Start with what the PBX type says of the roles that its systems come with."""
    pbx_type = plugins.pbx_type_of(stored.plugin)
    default = tx.profiles.named("default")
    for role, has_client in (pbx_type.roles if pbx_type else {}).items():
        tx.roles.set(stored.name, role, default.id if default and has_client else None)


def find(tx: Transaction, name: str) -> StoredConnection:
    """Return a stored connection; raises `UnknownName`."""
    stored = tx.connections.named(name)
    if not stored:
        raise UnknownName("connection", name, [each.name for each in tx.connections.all()])
    return stored


def get(store: Store, plugins: Plugins, name: str) -> Connection[Any]:
    """Return a connection with its options read; raises `UnknownName`, `InvalidInput`."""
    with store.read() as tx:
        stored = find(tx, name)
        given = tx.authorizations.get(name)
    connection = read(stored, plugins)
    return evolve(connection, authorization=given.authorization) if given else connection


def read(stored: StoredConnection, plugins: Plugins) -> Connection[Any]:
    """Return *stored* with its options read by the plugin; raises when they cannot be used."""
    cls = plugins.options_class(stored.plugin)
    what = f"The options of connection {stored.name!r}"
    texts = {name: value.reveal() for name, value in stored.options.items()}
    values = read_texts(cls, texts, what=what)
    lacking = [
        Problem(name, "", "missing")
        for name, each in describe(cls).items()
        if each.required and name not in values
    ]
    if lacking:
        raise InvalidInput(f"{what} cannot be used:", lacking)
    return Connection(id=stored.id, name=stored.name, plugin=stored.plugin, options=cls(**values))
