"""Step 2: profiles as TOML files: written whole, read all or none."""

import secrets
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from typing import Any

from attrs import frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput, Problem
from offhook.model.profiles import OWN, Profile
from offhook.provisioning import profileforms, profilerules, profiles
from offhook.store.store import Store, Transaction

_TABLE = "profile"
_WITHIN = frozenset({"settings", "modes"})


@frozen(kw_only=True)
class Imported:
    """Which profiles a file made, changed and left as they were, by name."""

    made: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()


def write(found: Sequence[Profile]) -> str:
    """Return TOML with what each profile says itself; what it leaves to others is not in it."""
    tables = {each.name: _table_of(each) for each in found}
    text: str = import_module("tomli_w").dumps({_TABLE: tables}, multiline_strings=True)
    return text


class _Undo(Exception):
    """Takes back what a dry run did."""


def read(
    store: Store,
    plugins: Plugins,
    text: str,
    *,
    overwrite: bool,
    dry_run: bool = False,
    actor: str,
    now: datetime,
) -> Imported:
    """
    Make the profiles of a file, and (*overwrite*) make others say what it says, and nothing else.

    A dry run does it all, and takes it back. Raises `InvalidInput` with every problem of every
    profile; then none of them has changed.
    """
    tables = _tables(text)
    counts: dict[str, list[str]] = {"made": [], "changed": [], "unchanged": []}
    problems: list[Problem] = []
    with suppress(_Undo), store.write() as tx:
        for name, table in tables.items():
            try:
                texts = _texts(table)
                counts[_take(tx, plugins, name, texts, overwrite, now)].append(name)
            except InvalidInput as error:
                problems += [each.within(name) for each in error.problems]
        if problems:
            raise InvalidInput("The file cannot be used, nothing has changed:", problems)
        names = ", ".join([*counts["made"], *counts["changed"]])
        if dry_run:
            raise _Undo
        tx.audit.add(now, actor, "profiles imported", "profiles", names)
    return Imported(**{what: tuple(names) for what, names in counts.items()})


def taken_away(store: Store, plugins: Plugins, text: str) -> dict[str, list[str]]:
    """Return which emergency numbers of some region the file would take from which profile."""
    taken = {}
    with store.read() as tx:
        for name, table in _tables(text).items():
            with suppress(InvalidInput):  # `read` says what is wrong
                said = _texts(table).get("emergency_numbers", "")
                profile = tx.profiles.named(name) or Profile(id="", name=name)
                taken[name] = profileforms.taken_away(profile, plugins, said)
    return {name: numbers for name, numbers in taken.items() if numbers}


def _table_of(profile: Profile) -> dict[str, Any]:
    own = {name: getattr(profile, name) for name in OWN}
    table: dict[str, Any] = {name: value for name, value in own.items() if value}
    table["settings"] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in profile.settings.items()
    }
    if profile.modes:
        table["modes"] = dict(profile.modes)
    return table


def _tables(text: str) -> dict[str, dict[str, Any]]:
    """Return what each profile of the file says, by name."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            f"The file is not TOML: {error}.", hint="Look at one from offhook profiles export."
        ) from error
    tables = found.get(_TABLE)
    if not isinstance(tables, dict) or not all(isinstance(each, dict) for each in tables.values()):
        raise InvalidInput(
            f"The file has no tables [{_TABLE}.NAME].",
            hint="Look at one from offhook profiles export.",
        )
    return tables


def _texts(table: Mapping[str, Any]) -> dict[str, str]:
    """Return what one profile says as texts by name; raises `InvalidInput` with what is no such."""
    tables = {name: each for name, each in table.items() if isinstance(each, dict)}
    problems = [
        Problem(name, "", "is no table of a profile: it has settings and modes")
        for name in tables.keys() - _WITHIN
    ]
    problems += [
        Problem(name, str(table[name]), f"is to be a table: write [{_TABLE}.NAME.{name}]")
        for name in _WITHIN & table.keys() - tables.keys()
    ]
    if problems:
        raise InvalidInput("", sorted(problems, key=str))
    modes = {f"{name}{profilerules.MODE}": mode for name, mode in tables.get("modes", {}).items()}
    own = {name: value for name, value in table.items() if name not in tables}
    said = {**own, **tables.get("settings", {}), **modes}
    return {name: _text(value) for name, value in said.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _take(
    tx: Transaction,
    plugins: Plugins,
    name: str,
    texts: Mapping[str, str],
    overwrite: bool,
    now: datetime,
) -> str:
    """Make or change one profile; returns which of it, or ``unchanged``."""
    old = tx.profiles.named(name)
    if not old:
        profiles.check_name(name)
        new = Profile(id=secrets.token_hex(8), name=name)
        tx.profiles.add(profilerules.change(tx, new, texts, plugins, now))
        return "made"
    if not overwrite:
        raise InvalidInput("", [Problem("name", name, "is there already; --overwrite changes it")])
    blank = Profile(id=old.id, name=name, revision=old.revision)
    changed = profilerules.change(tx, blank, texts, plugins, now)
    if changed == old:
        return "unchanged"
    tx.profiles.replace(changed)
    return "changed"
