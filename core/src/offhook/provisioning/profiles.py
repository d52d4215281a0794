"""Step 2: makes, changes, copies and deletes profiles."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from attrs import evolve

from offhook.doors import Plugins
from offhook.errors import InvalidInput, Problem, UnknownName
from offhook.model.described import describe
from offhook.model.profiles import Profile
from offhook.model.rules import read_line
from offhook.model.settings import Settings
from offhook.provisioning import profilerules, sitesettings
from offhook.store.store import Store, Transaction

DEFAULT = "default"
CHANGED = "somebody has changed it since: look at it again, then save"
_SETTINGS = describe(Settings)
_LONGEST = 200  # characters of a value that the audit keeps


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
    """Make a profile; *texts* are those of `profilerules.change`."""
    check_name(name)
    with store.write() as tx:
        if tx.profiles.named(name):
            raise InvalidInput(f"There is already a profile {name!r}.", hint="Edit it instead.")
        new = Profile(id=secrets.token_hex(8), name=name)
        profile = profilerules.change(tx, new, texts, plugins, now)
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
    revision: int | None = None,
) -> Profile:
    """
    Change settings of a profile; an empty text goes back to the weaker layers' value.

    Refused where it has another *revision* than the one that was looked at (None: any will do).
    """
    with store.write() as tx:
        before = get(tx, name)
        if revision not in (None, before.revision):
            raise InvalidInput(f"{CHANGED}.", [Problem("revision", name, CHANGED)])
        profile = profilerules.change(tx, before, texts, plugins, now)
        tx.profiles.replace(profile)
        tx.audit.add(now, actor, "profile changed", name, _shown(texts))
    return profile


def copy(store: Store, name: str, new: str, *, actor: str, now: datetime) -> Profile:
    """Make the profile *new* with all that *name* says."""
    check_name(new)
    with store.write() as tx:
        if tx.profiles.named(new):
            raise InvalidInput(f"There is already a profile {new!r}.", hint="Choose another name.")
        profile = evolve(get(tx, name), id=secrets.token_hex(8), name=new, revision=1)
        tx.profiles.add(profile)
        tx.audit.add(now, actor, "profile copied", new, f"from {name}")
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


def change_site(
    store: Store, plugins: Plugins, texts: Mapping[str, str], *, actor: str, now: datetime
) -> None:
    """
    Change settings of the whole site, which win over profiles and users.

    An empty text takes one away. Raises `InvalidInput` with what they would break in any profile.
    """
    with store.write() as tx:
        before = {each.name: profilerules.check(each, plugins, now) for each in tx.profiles.all()}
        sitesettings.keep(tx, texts)
        problems = [
            problem.within(each.name)
            for each in tx.profiles.all()
            for problem in profilerules.check(each, plugins, now)
            if problem not in before[each.name]
        ]
        if problems:
            raise InvalidInput("The settings of the site cannot be changed:", problems)
        tx.audit.add(now, actor, "site settings changed", "site", _shown(texts))


def check_name(name: str) -> None:
    """Raise `InvalidInput` for what cannot be a profile's name."""
    try:
        reason = "" if name and name == read_line(name) else "use one without spaces around it"
    except ValueError as error:
        reason = str(error)
    if reason:
        raise InvalidInput("The profile cannot have this name:", [Problem("name", name, reason)])


def _shown(texts: Mapping[str, str]) -> str:
    briefs = {n: _SETTINGS[n].brief(t) if n in _SETTINGS else t for n, t in texts.items()}
    return ", ".join(f"{name}={text[:_LONGEST]}" for name, text in briefs.items())
