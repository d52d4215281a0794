"""Step 2: resolves a profile's settings from layers; makes, changes and checks profiles."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from attrs import evolve

from offhook.doors import Plugins
from offhook.errors import InvalidInput, Problem, UnknownName
from offhook.model.described import describe, read_texts
from offhook.model.profiles import BUILT_IN, Layer, Profile, ResolvedProfile
from offhook.model.rules import is_address
from offhook.model.settings import Mode, Settings
from offhook.model.users import User
from offhook.provisioning.gatewaysettings import with_gateway
from offhook.store.store import Store, Transaction

DEFAULT = "default"
NO_TRANSPORT = "none"

_SETTINGS = describe(Settings)
_OWN = frozenset({"pbx_type", "transport", "gateway"})
_FIXED_MODES = {name: cast(Mode, each.mode) for name, each in _SETTINGS.items()}
_BUILT_IN = dict.fromkeys(_SETTINGS, BUILT_IN)
_SOFTPHONE_MODES: Mapping[str, Mode] = {"on-forced": "forced", "on-locked": "locked"}
_TELEWORKER_MODES: Mapping[str, Mode] = {"on-locked": "forced"}


def resolve(layers: Sequence[Layer]) -> ResolvedProfile:
    """Merge *layers*; a later layer wins over an earlier one, and over the built-in defaults."""
    merged: dict[str, Any] = {}
    origins = dict(_BUILT_IN)
    for layer in layers:
        merged.update(layer.settings)
        origins.update(dict.fromkeys(layer.settings, layer.origin))
    settings = Settings(**merged)
    modes = dict(_FIXED_MODES)
    modes["use_softphone"] = _SOFTPHONE_MODES.get(settings.use_softphone, "default")
    modes["use_teleworker"] = _TELEWORKER_MODES.get(settings.use_teleworker, "default")
    return ResolvedProfile(settings=settings, origins=origins, modes=modes)


def layers_of(profile: Profile, user: User | None, plugins: Plugins) -> list[Layer]:
    """Return the layers for *user* (or for nobody yet), the weakest first."""
    layers = []
    pbx_type = plugins.pbx_types.get(profile.pbx_type)
    if pbx_type:
        layers.append(Layer(f"PBX type {pbx_type.name}", pbx_type.defaults))
    if profile.gateway_settings:
        layers.append(Layer("its gateway", profile.gateway_settings))
    layers.append(Layer(f"profile {profile.name}", profile.settings))
    if user and (own := _own_settings(user)):
        layers.append(Layer(f"user {user.key}", own))
    return layers


def resolve_for(profile: Profile, user: User | None, plugins: Plugins) -> ResolvedProfile:
    """Return what *profile* comes to for *user*."""
    return resolve(layers_of(profile, user, plugins))


class Resolver:
    """
    Resolves for many users at once: those whose own settings are equal share one result.

    Its ``origins`` may then name another user; they are for people, not for documents.
    """

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._known: dict[tuple[Any, ...], ResolvedProfile] = {}

    def __call__(self, profile: Profile, user: User) -> ResolvedProfile:
        """Return what *profile* comes to for *user*."""
        key = (profile.id, *_own_settings(user).items())
        if key not in self._known:
            self._known[key] = resolve_for(profile, user, self._plugins)
        return self._known[key]


def missing(profile: Profile, plugins: Plugins) -> str:
    """Return why nobody with this profile can be deployed; empty when nothing is missing."""
    if profile.pbx_type not in plugins.pbx_types:
        return f"no installed plugin announces its PBX type {profile.pbx_type!r}"
    name = resolve_for(profile, None, plugins).settings.client_format
    if name not in plugins.formats:
        return f"no installed plugin renders its client format {name!r}"
    return ""


def get(tx: Transaction, name: str) -> Profile:
    """Return the profile of that name; raises `UnknownName`."""
    profile = tx.profiles.named(name)
    if not profile:
        raise UnknownName("profile", name, [each.name for each in tx.profiles.all()])
    return profile


def create(
    store: Store,
    plugins: Plugins,
    name: str,
    texts: Mapping[str, str],
    *,
    actor: str,
    now: datetime,
) -> Profile:
    """Make a profile; *texts* are settings, ``pbx_type``, ``transport``, ``gateway``."""
    if not name.strip() or name != name.strip():
        raise InvalidInput("The profile needs a name without spaces around it.")
    with store.write() as tx:
        if tx.profiles.named(name):
            raise InvalidInput(f"There is already a profile {name!r}.", hint="Edit it instead.")
        profile = _changed(tx, Profile(id=secrets.token_hex(8), name=name), texts, plugins)
        tx.profiles.add(profile)
        tx.audit.add(now, actor, "profile created", name, _shown(texts))
    return profile


def edit(
    store: Store,
    plugins: Plugins,
    name: str,
    texts: Mapping[str, str],
    *,
    actor: str,
    now: datetime,
) -> Profile:
    """Change settings of a profile; an empty text goes back to the weaker layers' value."""
    with store.write() as tx:
        profile = _changed(tx, get(tx, name), texts, plugins)
        tx.profiles.replace(profile)
        tx.audit.add(now, actor, "profile changed", name, _shown(texts))
    return profile


def delete(store: Store, name: str, *, actor: str, now: datetime) -> None:
    """Delete a profile; refused while users hold it or roles map to it."""
    with store.write() as tx:
        profile = get(tx, name)
        holders = tx.profiles.count_users(profile.id)
        sources = tx.roles.using(profile.id)
        if sources:
            raise InvalidInput(
                f"The profile {name!r} cannot be deleted: roles of {', '.join(sources)} map to it.",
                hint="See: offhook roles list NAME",
            )
        if holders or name == DEFAULT:
            reason = f"{holders} users hold it" if holders else "it is the default profile"
            raise InvalidInput(f"The profile {name!r} cannot be deleted: {reason}.")
        tx.profiles.delete(profile.id)
        tx.audit.add(now, actor, "profile deleted", name)


def check(profile: Profile, plugins: Plugins) -> list[Problem]:
    """Return what contradicts itself in a profile."""
    settings = resolve_for(profile, None, plugins).settings
    problems = []
    if settings.use_teleworker != "off" and not settings.gateway_host:
        problems.append(Problem("gateway_host", "", "mandatory with teleworker"))
    if settings.gateway_srv and is_address(settings.gateway_host):
        reason = "with gateway_srv it is a name, not an address"
        problems.append(Problem("gateway_host", settings.gateway_host, reason))
    if settings.override_email and not settings.deployment_email:
        problems.append(Problem("deployment_email", "", "mandatory with override_email"))
    pbx_type = plugins.pbx_types.get(profile.pbx_type)
    if pbx_type and settings.audio_codec not in pbx_type.codecs:
        allowed = ", ".join(pbx_type.codecs)
        reason = f"{pbx_type.label} allows {allowed}"
        problems.append(Problem("audio_codec", settings.audio_codec, reason))
    return problems


def _own_settings(user: User) -> dict[str, Any]:
    return {"pbx_host": user.pbx_host} if user.pbx_host else {}


def _changed(
    tx: Transaction, profile: Profile, texts: Mapping[str, str], plugins: Plugins
) -> Profile:
    given = {name: text for name, text in texts.items() if name in _SETTINGS and text}
    own: dict[str, Any] = {name: texts[name] for name in _OWN & texts.keys()}
    what = f"Profile {profile.name!r}"
    values = read_texts(Settings, {**_unknown(texts), **given}, what=what)
    kept = {name: value for name, value in profile.settings.items() if name not in texts}
    changed = with_gateway(tx, evolve(profile, settings={**kept, **values}, **own))
    settings = resolve_for(changed, None, plugins).settings
    problems = [
        Problem(name, text, f"only {_SETTINGS[name].when}")
        for name, text in given.items()
        if not applies(name, settings)
    ]
    problems += [*check(changed, plugins), *_check_names(changed, own, settings, given, plugins)]
    if problems:
        raise InvalidInput(f"{what} cannot be saved:", problems)
    return changed


def applies(name: str, settings: Settings) -> bool:
    """Whether the setting means anything beside the others."""
    condition = _SETTINGS[name].applies
    return condition is None or condition(settings)


def _unknown(texts: Mapping[str, str]) -> dict[str, str]:
    known = _OWN | _SETTINGS.keys()
    return {name: text for name, text in texts.items() if name not in known}


def _check_names(
    profile: Profile,
    own: Mapping[str, str],
    settings: Settings,
    given: Mapping[str, str],
    plugins: Plugins,
) -> list[Problem]:
    problems = []
    if "pbx_type" in own and profile.pbx_type not in plugins.pbx_types:
        reason = f"installed are {', '.join(sorted(plugins.pbx_types))}"
        problems.append(Problem("pbx_type", profile.pbx_type, reason))
    if "client_format" in given and settings.client_format not in plugins.formats:
        reason = f"installed are {', '.join(sorted(plugins.formats))}"
        problems.append(Problem("client_format", settings.client_format, reason))
    return problems


def _shown(texts: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={text}" for name, text in texts.items())
