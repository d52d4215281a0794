"""Step 2: what a change of a profile comes to, why it cannot be saved, and what to know of it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from attrs import evolve

from offhook.doors import Plugins
from offhook.errors import InvalidInput, Problem
from offhook.model.authorities import why_unusable
from offhook.model.described import describe, read_texts
from offhook.model.profiles import NO_TRANSPORT, OWN, Profile
from offhook.model.rules import is_address
from offhook.model.settings import TWINS, Mode, Settings
from offhook.model.settings.words import MODES
from offhook.provisioning.resolving import applies, resolve_for
from offhook.provisioning.sitesettings import with_site
from offhook.store.store import Transaction

MODE = ".mode"
_SETTINGS = describe(Settings)
BY_VALUE = frozenset({"use_softphone", "use_teleworker"})  # their mode follows from the value
_SIDES = {"the PBX": {name: name for name in TWINS}, "the gateway": TWINS}
# The connections that a profile names, and what makes one: any of these hooks.
_CONNECTIONS = {
    "transport": ("transport", ("send",)),
    "gateway": ("gateway", ("fetch_credentials", "profile_defaults", "check_settings")),
}
# Android phones on which the vendor has seen SIP over TCP fail.
_NO_TCP = (
    "HTC One M7, M8, M9, X and Mini 601n; Sony Xperia Z, Z2, Z3 and Z3 Compact; CAT B15Q; YotaPhone"
)


def change(
    tx: Transaction, profile: Profile, texts: Mapping[str, str], plugins: Plugins, now: datetime
) -> Profile:
    """
    Return *profile* with *texts*: settings, ``NAME.mode``, and its own fields (`OWN`), by name.

    An empty text goes back to what weaker layers say. Raises `InvalidInput` with every problem.
    """
    modes = {n.removesuffix(MODE): t for n, t in texts.items() if n.endswith(MODE)}
    own: dict[str, Any] = {name: texts[name] for name in OWN if name in texts}
    settings = {n: t for n, t in texts.items() if n not in OWN and not n.endswith(MODE)}
    given = {name: text for name, text in settings.items() if text}
    what = f"Profile {profile.name!r}"
    unknown = {name: "" for name in settings if name not in _SETTINGS}
    values = read_texts(Settings, {**unknown, **given}, what=what)
    kept = {name: value for name, value in profile.settings.items() if name not in settings}
    changed = with_site(
        tx,
        evolve(
            profile,
            settings={**kept, **values},
            modes=_modes(profile, modes),
            **own,
        ),
    )
    problems = [*_why_no_modes(modes), *_why_useless(given, changed, plugins)]
    problems += [*check(changed, plugins, now), *_why_unknown(changed, {*own, *given}, plugins)]
    problems += _why_no_connections(tx, own, plugins)
    if problems:
        raise InvalidInput(f"{what} cannot be saved:", problems)
    return changed


def check(profile: Profile, plugins: Plugins, now: datetime) -> list[Problem]:
    """Return what contradicts itself in a profile, and what it lacks."""
    settings = resolve_for(profile, None, plugins).settings
    return [
        *_check_hosts(settings),
        *_check_codecs(profile, settings, plugins),
        *_check_authorities(settings, now),
        *_check_mail(settings),
    ]


def warn(profile: Profile, plugins: Plugins) -> Iterator[str]:
    """Yield what an administrator should know of a profile that can be saved all the same."""
    settings = resolve_for(profile, None, plugins).settings
    if settings.use_softphone == "off":
        return
    if settings.use_teleworker == "off":
        yield (
            "Teleworker is off: phones off campus need it, iPhones always, and so does recording "
            "calls of a softphone."
        )
    for label, side in _SIDES.items():
        yield from _warn_of_transport(settings, side, label)


def _warn_of_transport(settings: Settings, side: Mapping[str, str], label: str) -> Iterator[str]:
    transport = getattr(settings, side["sip_transport"])
    if not applies(side["sip_transport"], settings):
        return
    if transport != "tls":
        yield f"SIP to {label} travels in clear over {transport.upper()}: TLS is recommended."
    elif not getattr(settings, side["verify_tls"]):
        yield f"The certificate of {label} is not verified: anybody in between can listen."
    if realm := getattr(settings, side["realm"]):
        yield f"Hashes are made for the realm {realm}: if {label} says another, nobody registers."
    if transport == "tcp":
        yield f"Some Android phones cannot use SIP over TCP: {_NO_TCP}."
    if transport == "udp" and getattr(settings, side["pbx_srv"]):
        yield f"Several of them behind one name: over UDP none stands in for {label}."


def _modes(profile: Profile, texts: Mapping[str, str]) -> dict[str, Mode]:
    kept = {name: mode for name, mode in profile.modes.items() if name not in texts}
    return kept | {name: cast(Mode, text.strip().lower()) for name, text in texts.items() if text}


def _why_no_modes(texts: Mapping[str, str]) -> Iterator[Problem]:
    for name, text in texts.items():
        field = f"{name}{MODE}"
        if name not in _SETTINGS or not _SETTINGS[name].told:
            yield Problem(field, text, "no client is told such a setting")
        elif name in BY_VALUE:
            yield Problem(field, text, f"its mode follows from its value: set {name}")
        elif text and text.strip().lower() not in MODES:
            yield Problem(field, text, f"use one of {', '.join(MODES)}")


def _why_useless(given: Mapping[str, str], profile: Profile, plugins: Plugins) -> Iterator[Problem]:
    settings = resolve_for(profile, None, plugins).settings
    for name, text in given.items():
        if not applies(name, settings):
            shown = _SETTINGS[name].brief(text)
            yield Problem(name, shown, f"only {_SETTINGS[name].when}")


def _why_unknown(profile: Profile, given: set[str], plugins: Plugins) -> Iterator[Problem]:
    """Yield the names of plugins' things that are not installed, of those that were given."""
    settings = resolve_for(profile, None, plugins).settings
    if "pbx_type" in given and profile.pbx_type not in plugins.pbx_types:
        reason = f"installed are {', '.join(sorted(plugins.pbx_types))}"
        yield Problem("pbx_type", profile.pbx_type, reason)
    if "client_format" in given and settings.client_format not in plugins.formats:
        reason = f"installed are {', '.join(sorted(plugins.formats))}"
        yield Problem("client_format", settings.client_format, reason)


def _why_no_connections(
    tx: Transaction, own: Mapping[str, str], plugins: Plugins
) -> Iterator[Problem]:
    """Yield the connections that were given and are not there, or are of another kind."""
    for field, (kind, hooks) in _CONNECTIONS.items():
        name = own.get(field, "")
        stored = tx.connections.named(name)
        if name in ("", NO_TRANSPORT if field == "transport" else ""):
            continue
        if not stored:
            known = ", ".join(each.name for each in tx.connections.all()) or "none"
            yield Problem(field, name, f"there is no such connection; there are: {known}")
        elif not any(plugins.implements(stored.plugin, hook) for hook in hooks):
            yield Problem(field, name, f"this connection is no {kind}, or its plugin is missing")


def _check_hosts(settings: Settings) -> Iterator[Problem]:
    if settings.use_teleworker != "off" and not settings.gateway_host:
        yield Problem("gateway_host", "", "mandatory with teleworker")
    for srv, host in (("pbx_srv", "pbx_host"), ("gateway_srv", "gateway_host")):
        value = getattr(settings, host)
        if getattr(settings, srv) and applies(srv, settings) and (not value or is_address(value)):
            yield Problem(host, value, f"with {srv} it is a name, not an address")
    if settings.mpa_transport == "tls" and settings.verify_tls and is_address(settings.mpa_host):
        yield Problem("mpa_host", settings.mpa_host, "with TLS and verification it is a name")


def _check_codecs(profile: Profile, settings: Settings, plugins: Plugins) -> Iterator[Problem]:
    pbx_type = plugins.pbx_types.get(profile.pbx_type)
    for name in ("audio_codec", TWINS["audio_codec"]):
        codec = getattr(settings, name)
        if pbx_type and applies(name, settings) and codec not in pbx_type.codecs:
            allowed = ", ".join(pbx_type.codecs)
            yield Problem(name, codec, f"{pbx_type.label} allows {allowed}")


def _check_authorities(settings: Settings, now: datetime) -> Iterator[Problem]:
    for name in ("custom_ca", "vendor_ca"):
        pem = getattr(settings, name)
        ca_type = name.removesuffix("_ca")
        if applies(name, settings) and not pem:
            yield Problem(name, "", f"mandatory with a CA type {ca_type}: give {name}=@FILE")
        elif reason := why_unusable(pem, now):
            yield Problem(name, _SETTINGS[name].brief(pem), reason)


def _check_mail(settings: Settings) -> Iterator[Problem]:
    if settings.override_email and not settings.deployment_email:
        yield Problem("deployment_email", "", "mandatory with override_email")
