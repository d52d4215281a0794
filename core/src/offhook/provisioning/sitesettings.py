"""Step 2: what the site and its border gateways say to profiles, kept with each of them."""

import json
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from offhook.doors import Plugins
from offhook.errors import InvalidInput, PluginError, Problem
from offhook.model.connections import Connection
from offhook.model.described import describe, read_texts
from offhook.model.profiles import Profile
from offhook.model.settings import Settings
from offhook.store.mapping import settings_of
from offhook.store.store import Transaction

DEFAULT_GATEWAY = "default-gateway"
SYSTEM = {name: each for name, each in describe(Settings).items() if each.system}
_OURS = f"of the site are {', '.join(SYSTEM)}"
HOOK = "profile_defaults"
_VALUE = "system-settings"


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


def of_site(tx: Transaction) -> dict[str, Any]:
    """Return the settings of the whole site, by name."""
    return settings_of(tx.values.get(_VALUE) or "{}")


def with_site(tx: Transaction, profile: Profile) -> Profile:
    """Return *profile* with what the site and its gateway (the local one, or its own) say."""
    stored = tx.connections.named(gateway_of(tx, profile))
    wanted = stored.defaults if stored else {}
    return evolve(profile, gateway_settings=wanted, system_settings=of_site(tx))


def follow(tx: Transaction) -> None:
    """Bring every profile up to what the site and its gateway say now."""
    for profile in tx.profiles.all():
        changed = with_site(tx, profile)
        if changed != profile:
            tx.profiles.replace(changed)


def keep(tx: Transaction, texts: Mapping[str, str]) -> None:
    """Change settings of the whole site, here and in every profile; an empty text takes one away"""
    what = "The settings of the site"
    known = describe(Settings)
    others = [
        Problem(name, "", f"{'is one of profiles' if name in known else 'unknown'}; {_OURS}")
        for name in texts
        if name not in SYSTEM
    ]
    if others:
        raise InvalidInput(f"{what} cannot be changed:", others)
    values = read_texts(Settings, {n: text for n, text in texts.items() if text}, what=what)
    kept = {name: value for name, value in of_site(tx).items() if name not in texts}
    tx.values.set(_VALUE, json.dumps(kept | values, sort_keys=True))
    follow(tx)
