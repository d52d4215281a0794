"""Step 1: users by hand: found by the names that people use, added, changed, deleted, exported."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from attrs import frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput, Problem, UnknownName
from offhook.model.described import describe, read_texts
from offhook.model.secrets import Secret
from offhook.model.settings import Settings
from offhook.model.users import Selection, User, UserFields, needs_reset
from offhook.provisioning import profiles, resolving
from offhook.provisioning.csvcolumns import write_users
from offhook.provisioning.installation import INSTALLATION
from offhook.provisioning.pacing import PacedWrites, batches
from offhook.store.store import Store, Transaction

MANDATORY = ("last_name", "email")


@frozen
class Assigned:
    """How many users got another profile, and how many of them are deployed already."""

    users: int
    deployed: int


def find(tx: Transaction, name: str) -> User:
    """
    Return the user that *name* means: directory number, connection/number or id.

    Raises `UnknownName` with suggestions, and `InvalidInput` when several users have the number.
    """
    found = tx.users.get(tx.users.named(name))
    if not found:
        raise UnknownName("user", name, tx.users.numbers_like(name[:2]))
    if len(found) > 1:
        listed = "".join(f"\n  {each.key}, {each.name}: id {each.id}" for each in found)
        raise InvalidInput(f"Several users are called {name!r}:{listed}", hint="Use the id.")
    return found[0]


def new_id(installation: str) -> str:
    """Return an id for a new user; it tells by its start which installation made it."""
    return f"{installation}{secrets.token_hex(12)}"


def why_locked(user: User, name: str) -> str:
    """Return why a field of *user* cannot be changed here; empty where it can."""
    locked = user.connection and name in user.given
    return f"read-only, it comes from {user.connection}" if locked else ""


def add(
    store: Store,
    plugins: Plugins,
    texts: Mapping[str, str],
    *,
    profile: str = profiles.DEFAULT,
    actor: str,
    now: datetime,
) -> User:
    """
    Store a new user; *texts* are fields of `UserFields` by name.

    Raises `InvalidInput` with every problem at once: a stand-alone user needs an account at the PBX
    unless the profile has no softphone.
    """
    with store.write() as tx:
        chosen = profiles.get(tx, profile)
        values, problems = _read(texts)
        settings = resolving.resolve_for(chosen, None, plugins).settings
        lacking = [name for name in _needed(settings) if not texts.get(name, "").strip()]
        _refuse("The user cannot be added:", problems, lacking)
        user_id = new_id(tx.values.get(INSTALLATION))
        user = User(id=user_id, profile=chosen.name, created_at=now, **values)
        tx.users.add(user, chosen.id)
        tx.audit.add(now, actor, "user added", user.key)
    return user


def edit(
    store: Store,
    plugins: Plugins,
    name: str,
    texts: Mapping[str, str],
    *,
    profile: str = "",
    actor: str,
    now: datetime,
) -> User:
    """
    Change fields of a user; an empty text clears one, an empty *profile* keeps the present one.

    Fields that a user's source gives cannot be changed. Raises
    `InvalidInput` with every problem at once.
    """
    with store.write() as tx:
        user = find(tx, name)
        chosen = profiles.get(tx, profile or user.profile)
        values, problems = _read(texts)
        changes = {each: value for each, value in values.items() if value != getattr(user, each)}
        locked = {each: reason for each in changes if (reason := why_locked(user, each))}
        problems += [Problem(each, "", reason) for each, reason in locked.items()]
        settings = resolving.resolve_for(chosen, None, plugins).settings
        cleared = {each for each, text in texts.items() if not text.strip()} - locked.keys()
        lacking = [each for each in _needed(settings) if each in cleared and getattr(user, each)]
        _refuse(f"The user {user.key} cannot be changed:", problems, lacking)
        if changes or chosen.name != user.profile:
            reset = {"reset_at": now} if needs_reset(user, changes) else {}
            tx.users.change(user, changes | reset, chosen.id)
            moved = [f"profile {chosen.name}"] if chosen.name != user.profile else []
            tx.audit.add(now, actor, "user changed", user.key, ", ".join([*changes, *moved]))
        return tx.users.get([user.id])[0]


def assign(
    store: Store,
    selection: Selection,
    profile: str,
    *,
    actor: str,
    now: datetime,
    on_progress: Callable[[int], object] = lambda done: None,
) -> Assigned:
    """Give the selected users another profile, those that come from a connection too."""
    with store.read() as tx:
        profiles.get(tx, profile)
    writes = PacedWrites(store)
    done = changed = deployed = 0
    for ids in batches(store, selection):
        with writes.write() as tx:
            counts = tx.users.assign(ids, profiles.get(tx, profile).id)
            tx.audit.add(now, actor, "profile assigned", profile, ", ".join(tx.users.keys(ids)))
        changed, deployed, done = changed + counts[0], deployed + counts[1], done + len(ids)
        on_progress(done)
    return Assigned(changed, deployed)


def delete(
    store: Store,
    selection: Selection,
    *,
    actor: str,
    now: datetime,
    on_progress: Callable[[int], object] = lambda done: None,
) -> int:
    """
    Delete the selected users with their passwords; their links and devices end at once.

    What the audit and their deployments tell is kept. Returns how many there were.
    """
    writes = PacedWrites(store)
    done = 0
    for ids in batches(store, selection):
        with writes.write() as tx:
            tx.deployments.revoke(ids)
            tx.devices.revoke(ids, now)
            tx.client_logs.delete_of(ids)
            keys = ", ".join(tx.users.keys(ids))
            done += tx.users.delete(ids)
            tx.audit.add(now, actor, "users deleted", f"{len(ids)} users", keys)
        on_progress(done)
    return done


def generate_pin(store: Store, name: str, *, actor: str, now: datetime) -> Secret:
    """Give a user a new PIN of six digits and return it, to be shown once."""
    pin = Secret(f"{secrets.randbelow(10**6):06d}")
    with store.write() as tx:
        user = find(tx, name)
        tx.users.change(user, {"pin": pin})
        tx.audit.add(now, actor, "PIN generated", user.key)
    return pin


def export(
    store: Store, stream: BinaryIO, selection: Selection, *, actor: str, now: datetime
) -> int:
    """Write the selected users as CSV, PINs included, passwords never; returns how many."""
    with store.write() as tx:
        count = tx.users.count(selection)
        tx.audit.add(now, actor, "users exported", f"{count} users", "with their PINs")
    with store.read() as tx:
        return write_users(stream, tx.users.stream(selection))


def _read(texts: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    try:
        return read_texts(UserFields, texts, what="The user"), []
    except InvalidInput as error:
        return {}, [*error.problems]


def _needed(settings: Settings) -> list[str]:
    """Return the fields that a form insists on: without a gateway, the account at the PBX."""
    stand_alone = settings.use_softphone != "off" and settings.use_teleworker == "off"
    host = [] if settings.pbx_host else ["pbx_host"]
    return [*MANDATORY, *([*host, "pbx_username", "pbx_password"] if stand_alone else [])]


def _refuse(message: str, problems: list[Problem], lacking: list[str]) -> None:
    labels = describe(UserFields)
    missing = [Problem(name, "", f"mandatory ({labels[name].label})") for name in lacking]
    if problems or missing:
        raise InvalidInput(message, [*problems, *missing])
