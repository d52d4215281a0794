"""Step 2: what a border gateway wants of its clients, kept with the profiles that name it."""

from typing import Any

from attrs import evolve

from offhook.doors import Plugins
from offhook.errors import InvalidInput, PluginError
from offhook.model.connections import Connection
from offhook.model.described import read_texts
from offhook.model.profiles import Profile
from offhook.model.settings import Settings
from offhook.store.store import Transaction

DEFAULT_GATEWAY = "default-gateway"
HOOK = "profile_defaults"


def ask(plugins: Plugins, connection: Connection[Any]) -> dict[str, Any]:
    """Return the profile settings that a connection wants; most want none."""
    if not plugins.implements(connection.plugin, HOOK):
        return {}
    try:
        return read_texts(Settings, plugins.profile_defaults(connection), what=HOOK)
    except InvalidInput as error:
        raise PluginError(connection.plugin, str(error)) from error


def gateway_of(tx: Transaction, profile: Profile) -> str:
    """Return the connection where teleworkers of *profile* register, "" where nobody names one."""
    return profile.gateway or tx.values.get(DEFAULT_GATEWAY)


def with_gateway(tx: Transaction, profile: Profile) -> Profile:
    """Return *profile* with what its gateway wants, the one that it names or the local one."""
    stored = tx.connections.named(gateway_of(tx, profile))
    return evolve(profile, gateway_settings=stored.defaults if stored else {})


def follow(tx: Transaction) -> None:
    """Bring every profile up to what its gateway wants now."""
    for profile in tx.profiles.all():
        changed = with_gateway(tx, profile)
        if changed != profile:
            tx.profiles.replace(changed)
