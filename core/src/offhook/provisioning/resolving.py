"""Step 2: resolves the settings of a profile, for a user or for nobody yet, from layers."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from attrs import frozen

from offhook.doors import Plugins
from offhook.model.described import describe
from offhook.model.profiles import BUILT_IN, OWN, Layer, Profile, ResolvedProfile
from offhook.model.settings import Mode, Settings
from offhook.model.users import User

_SETTINGS = describe(Settings)
_USUAL_MODES = {name: cast(Mode, each.mode) for name, each in _SETTINGS.items()}
_BUILT_IN = dict.fromkeys(_SETTINGS, BUILT_IN)
_SOFTPHONE_MODES: Mapping[str, Mode] = {"on-forced": "forced", "on-locked": "locked"}
_TELEWORKER_MODES: Mapping[str, Mode] = {"on-locked": "forced"}


def resolve(layers: Sequence[Layer]) -> ResolvedProfile:
    """Merge *layers*; a later layer wins over an earlier one, and over the built-in defaults."""
    merged: dict[str, Any] = {}
    origins, modes = dict(_BUILT_IN), dict(_USUAL_MODES)
    for layer in layers:
        merged.update(layer.settings)
        modes.update(layer.modes)
        origins.update(dict.fromkeys(layer.settings, layer.origin))
    settings = Settings(**merged)
    modes["use_softphone"] = _SOFTPHONE_MODES.get(settings.use_softphone, "default")
    modes["use_teleworker"] = _TELEWORKER_MODES.get(settings.use_teleworker, "default")
    return ResolvedProfile(settings=settings, origins=origins, modes=modes)


@frozen(kw_only=True)
class Difference:
    """A setting, or a profile's own field, that two profiles do not say alike."""

    setting: str
    first: str
    first_mode: str = ""
    first_origin: str = ""
    second: str
    second_mode: str = ""
    second_origin: str = ""


def compare(first: Profile, second: Profile, plugins: Plugins) -> list[Difference]:
    """Return in what two profiles differ: their own fields, values and modes of settings."""
    found = [
        Difference(setting=name, first=getattr(first, name), second=getattr(second, name))
        for name in OWN
        if getattr(first, name) != getattr(second, name)
    ]
    one, other = (resolve_for(each, None, plugins) for each in (first, second))
    for name, each in _SETTINGS.items():
        values = getattr(one.settings, name), getattr(other.settings, name)
        modes = (one.modes[name], other.modes[name]) if each.told else ("", "")
        if values[0] != values[1] or modes[0] != modes[1]:
            found.append(
                Difference(
                    setting=name,
                    first=each.brief(values[0]),
                    first_mode=modes[0],
                    first_origin=one.origins[name],
                    second=each.brief(values[1]),
                    second_mode=modes[1],
                    second_origin=other.origins[name],
                )
            )
    return found


def layers_of(profile: Profile, user: User | None, plugins: Plugins) -> list[Layer]:
    """Return the layers for *user* (or for nobody yet), the weakest first."""
    layers = []
    pbx_type = plugins.pbx_types.get(profile.pbx_type)
    if pbx_type:
        layers.append(Layer(f"PBX type {pbx_type.name}", pbx_type.defaults))
    if profile.gateway_settings:
        layers.append(Layer("its gateway", profile.gateway_settings))
    layers.append(Layer(f"profile {profile.name}", profile.settings, profile.modes))
    if user and (own := _own_settings(profile, user)):
        layers.append(Layer(f"user {user.key}", own))
    if profile.system_settings:
        layers.append(Layer("the site", profile.system_settings))
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
        key = (profile.id, *_own_settings(profile, user).items())
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


def applies(name: str, settings: Settings) -> bool:
    """Whether the setting means anything beside the others."""
    condition = _SETTINGS[name].applies
    return condition is None or condition(settings)


def _own_settings(profile: Profile, user: User) -> dict[str, Any]:
    """Return what the user's own data says; a DNS SRV name of the profile is for all its users."""
    own = {"client_service_host": user.client_service_host, "pbx_host": user.pbx_host}
    if profile.settings.get("pbx_srv"):
        del own["pbx_host"]
    return {name: value for name, value in own.items() if value}
