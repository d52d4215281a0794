"""Examines a profile: its settings, its host names, and whether its gateway fits them."""

from collections.abc import Iterator
from typing import Any

from offhook.diagnostics.names import Lookup, examine_host, examine_service, look_up
from offhook.doors import Plugins
from offhook.errors import OffhookError
from offhook.model.connections import Connection
from offhook.model.findings import Finding
from offhook.model.profiles import Profile
from offhook.model.settings import Settings
from offhook.provisioning import connections, profiles
from offhook.provisioning.gatewaysettings import gateway_of
from offhook.store.store import Store

HOOK = "check_settings"
_GATEWAY = "profile-gateway"


def examine(
    store: Store, plugins: Plugins, name: str, *, find: Lookup = look_up
) -> Iterator[Finding]:
    """Yield what can be told of the profile *name*; a failure is a finding."""
    with store.read() as tx:
        profile = profiles.get(tx, name)
        gateway = gateway_of(tx, profile)
    settings = profiles.resolve_for(profile, None, plugins).settings
    yield from _settings(profile, plugins)
    if settings.use_softphone == "off" or settings.use_teleworker == "off":
        return
    if settings.gateway_srv:
        yield from examine_service(
            "profile-gateway-host",
            "MBG SIP host",
            settings.gateway_host,
            settings.gateway_transport,
            find,
        )
    elif settings.gateway_host:
        yield from examine_host("profile-gateway-host", "MBG SIP host", settings.gateway_host, find)
    if settings.webrtc_host:
        yield from examine_host(
            "profile-webrtc-host", "MBG-WebRTC SIP host", settings.webrtc_host, find
        )
    yield from _gateway(store, plugins, gateway, settings)


def _settings(profile: Profile, plugins: Plugins) -> Iterator[Finding]:
    missing = profiles.missing(profile, plugins)
    problems = [missing] if missing else []
    problems += [str(each) for each in profiles.check(profile, plugins)]
    for problem in problems:
        yield Finding(
            level="failure",
            code="profile-settings",
            summary=f"{problem}.",
            action="Correct it with offhook profiles edit.",
        )
    if not problems:
        yield Finding(level="ok", code="profile-settings", summary="Its settings go together.")


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
