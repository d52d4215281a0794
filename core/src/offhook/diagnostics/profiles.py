"""Examines a profile: its settings, its client, its host names, and whether its gateway fits."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from offhook.diagnostics.names import Lookup, compare_hosts, examine_host, examine_service, look_up
from offhook.doors import Plugins
from offhook.errors import OffhookError
from offhook.model.connections import Connection
from offhook.model.findings import Finding
from offhook.model.profiles import Profile
from offhook.model.settings import Settings
from offhook.provisioning import (
    configpreviews,
    connections,
    previews,
    profilerules,
    profiles,
    resolving,
    routes,
)
from offhook.provisioning.connections import DEFAULT_TRANSPORT
from offhook.provisioning.sitesettings import gateway_of
from offhook.store.store import Store, Transaction

HOOK = "check_settings"
_GATEWAY = "profile-gateway"


def lint(store: Store, plugins: Plugins, name: str, *, now: datetime) -> Iterator[Finding]:
    """Yield what can be told of the profile *name* without asking anybody."""
    with store.read() as tx:
        profile = profiles.get(tx, name)
        clashes = _extensions(tx, profile, plugins)
        codes = list(_codes(tx, profile, plugins))
    yield from _settings(profile, plugins, now)
    for warning in [*profilerules.warn(profile, plugins), *clashes]:
        yield Finding(level="warning", code="profile-warning", summary=warning)
    yield from _losses(profile, plugins, now)
    yield from codes


def examine(
    store: Store, plugins: Plugins, name: str, *, now: datetime, find: Lookup = look_up
) -> Iterator[Finding]:
    """Yield what can be told of the profile *name*; a failure is a finding."""
    yield from lint(store, plugins, name, now=now)
    with store.read() as tx:
        profile = profiles.get(tx, name)
        gateway = gateway_of(tx, profile)
    settings = resolving.resolve_for(profile, None, plugins).settings
    if settings.use_softphone == "off" or settings.use_teleworker == "off":
        return
    code, label, host = "profile-gateway-host", "MBG SIP host", settings.gateway_host
    if settings.gateway_srv:
        yield from examine_service(code, label, host, settings.gateway_transport, find)
    elif host:
        yield from examine_host(code, label, host, find)
        own = profile.gateway_settings.get("gateway_host", host)
        yield from compare_hosts(code, label, host, own, find)
    if settings.webrtc_host:
        label = "MBG-WebRTC SIP host"
        yield from examine_host("profile-webrtc-host", label, settings.webrtc_host, find)
    yield from _gateway(store, plugins, gateway, settings)


def _settings(profile: Profile, plugins: Plugins, now: datetime) -> Iterator[Finding]:
    missing = resolving.missing(profile, plugins)
    problems = [missing] if missing else []
    problems += [str(each) for each in profilerules.check(profile, plugins, now)]
    for problem in problems:
        yield Finding(
            level="failure",
            code="profile-settings",
            summary=f"{problem}.",
            action="Correct it with offhook profiles edit.",
        )
    if not problems:
        yield Finding(level="ok", code="profile-settings", summary="Its settings go together.")


def _extensions(tx: Transaction, profile: Profile, plugins: Plugins) -> list[str]:
    """Return which emergency numbers are extensions of users of the profile."""
    settings = resolving.resolve_for(profile, None, plugins).settings
    users = tx.imported.in_profiles([profile.id], settings.emergency_numbers)
    return [
        f"The emergency number {user.number} is the extension of {user.name or user.key}: "
        "who dials it reaches no emergency service, or nobody reaches the extension."
        for user in users
    ]


def _codes(tx: Transaction, profile: Profile, plugins: Plugins) -> Iterator[Finding]:
    """Tell where codes do not lead through the redirect service that links lead through."""
    transport = tx.connections.named(profile.transport or tx.values.get(DEFAULT_TRANSPORT))
    settings = resolving.resolve_for(profile, None, plugins).settings
    client = plugins.formats.get(settings.client_format)
    if not transport or not client or not plugins.implements(transport.plugin, routes.OPEN):
        return
    if not (client.follows or client.signs_in):
        yield Finding(
            level="note",
            code="profile-codes",
            summary=f"The links of its mails lead through {transport.name}, the codes do not.",
            meaning=f"{client.label} would have to be started again to be sent on from there. "
            "Users with a PIN scan with the camera: their codes lead through it, too.",
        )


def _losses(profile: Profile, plugins: Plugins, now: datetime) -> Iterator[Finding]:
    if resolving.missing(profile, plugins) or profilerules.check(profile, plugins, now):
        return  # these are failures already
    try:
        rendered = configpreviews.render(profile, previews.invent(profile.name, now), plugins)
    except OffhookError as error:
        yield Finding(level="failure", code="profile-client", summary=str(error), action=error.hint)
        return
    for lost in rendered.config.lost:
        yield Finding(
            level="note",
            code="profile-client",
            summary=f"{rendered.label} cannot do all of {lost.setting}.",
            meaning=f"{lost.reason}.",
        )


def _gateway(store: Store, plugins: Plugins, name: str, settings: Settings) -> Iterator[Finding]:
    if not name:
        yield Finding(
            level="warning",
            code=_GATEWAY,
            summary="Neither the profile nor the site names a border gateway.",
            meaning="What teleworkers register with has to be brought in by hand or by a file.",
            action="Add one with offhook connections add.",
        )
        return
    try:
        connection: Connection[Any] = connections.get(store, plugins, name)
        if plugins.implements(connection.plugin, HOOK):
            yield from plugins.check_settings(connection, settings)
    except OffhookError as error:
        yield Finding(
            level="failure",
            code=_GATEWAY,
            summary=f"The gateway {name} cannot be asked: {error}",
            action=error.hint,
        )
