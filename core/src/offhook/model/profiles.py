"""Deployment profiles: partial settings with a source, and what they come to."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import Factory, frozen

from offhook.model.described import describe
from offhook.model.documents import SettingValue
from offhook.model.settings import Mode, Settings
from offhook.model.sources import CredentialWay

BUILT_IN = "built-in default"
_TOLD = tuple(
    (name, each.side, each.applies) for name, each in describe(Settings).items() if each.told
)


@frozen(kw_only=True)
class PbxType:
    """
    A PBX type, announced by the plugin that stands for it; needs no connection.

    ``codecs`` are the audio codecs it allows, ``phones`` the phone types that can have a client,
    ``defaults`` the settings it wants other than the built-in ones. ``credentials`` are the ways in
    which users' SIP passwords come here, the preferred one first; ``roles`` maps the roles that its
    systems come with to whether they get a client.
    """

    name: str
    label: str
    codecs: tuple[str, ...]
    phones: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = Factory(dict)
    credentials: tuple[CredentialWay, ...] = ("hand",)
    roles: Mapping[str, bool] = Factory(dict)


NO_TRANSPORT = "none"  # of a profile whose users get links only
OWN = ("pbx_type", "transport", "gateway")  # what a profile says beside its settings


@frozen(kw_only=True)
class Profile:
    """
    What an administrator decided for a group of users.

    ``transport`` names a connection that sends mails: "" is the site's default, "none" means that
    only ``deploy --local`` works. ``gateway`` names the connection to the border gateway that
    teleworkers register at: "" is the local one, the site's default. ``settings`` holds only what
    was set here, ``modes`` how settings bind the client where that is not as usual;
    ``gateway_settings`` are what its gateway wants, ``system_settings`` those of the whole site.
    ``revision`` grows with every change.
    """

    id: str
    name: str
    pbx_type: str = "generic"
    transport: str = ""
    gateway: str = ""
    settings: Mapping[str, Any] = Factory(dict)
    modes: Mapping[str, Mode] = Factory(dict)
    gateway_settings: Mapping[str, Any] = Factory(dict)
    system_settings: Mapping[str, Any] = Factory(dict)
    revision: int = 1


@frozen
class Layer:
    """
    Partial settings and where they come from; a later layer wins over an earlier one.

    ``modes`` are those that it chooses for settings, its own or others.
    """

    origin: str
    settings: Mapping[str, Any]
    modes: Mapping[str, Mode] = Factory(dict)


@frozen(kw_only=True)
class ResolvedProfile:
    """Merged settings; ``origins`` says who had the last word on each, ``modes`` how it binds."""

    settings: Settings
    origins: Mapping[str, str]
    modes: Mapping[str, Mode]

    @cached_property
    def told(self) -> Mapping[str, SettingValue]:
        """What a client is told: what applies where it registers, each setting with its mode."""
        side = "pbx" if self.settings.use_teleworker == "off" else "gateway"
        return {
            name: SettingValue(getattr(self.settings, name), self.modes[name])
            for name, of, applies in _TOLD
            if of in ("", side) and (applies is None or applies(self.settings))
        }
