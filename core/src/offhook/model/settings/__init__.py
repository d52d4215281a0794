"""
Every setting of a deployment, each described once, with its rules.

From here come validation, command line, documentation, imports, the schema of offhook JSON and what
a client is told: nothing else lists settings.
"""

from collections.abc import Mapping
from typing import TypeVar

from attrs import frozen

from offhook.model.described import describe
from offhook.model.settings.clients import ClientSettings
from offhook.model.settings.deployment import DeploymentSettings
from offhook.model.settings.sides import GatewaySettings, PbxSettings
from offhook.model.settings.system import SystemSettings
from offhook.model.settings.words import CODECS, LIFETIMES, Mode

__all__ = ["CODECS", "LIFETIMES", "TWINS", "Mode", "Settings", "at_both_sides"]

Entry = TypeVar("Entry")


@frozen(kw_only=True, slots=False)
class Settings(SystemSettings, DeploymentSettings, GatewaySettings, PbxSettings, ClientSettings):
    """
    Every setting of a deployment, with the built-in default.

    ``told=False`` marks what steers the deployment itself and is not sent to a client. Its parts
    have no slots: Python lets only one base have some.
    """


def _bare(name: str) -> str:
    return name.removeprefix("sip_").removeprefix("pbx_")


TWINS: Mapping[str, str] = {
    name: twin
    for name in describe(PbxSettings)
    if (twin := f"gateway_{_bare(name)}") in describe(GatewaySettings)
}


def at_both_sides(table: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return *table*, keyed by names of settings, with the same entries for the gateway's twins."""
    return {**table, **{TWINS[name]: entry for name, entry in table.items() if name in TWINS}}
