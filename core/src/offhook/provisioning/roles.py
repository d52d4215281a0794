"""Which profile the users of a source get by their role there; an unknown role is never guessed."""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from offhook.errors import UnknownName
from offhook.model.profiles import Profile
from offhook.provisioning import connections, profiles
from offhook.provisioning.merging import Person
from offhook.store.store import Store, Transaction

NO_CLIENT = "none"
NO_ROLE = ""


@frozen(kw_only=True)
class RoleLine:
    """A role of a source: ``profile`` is a name, `NO_CLIENT`, or empty where nothing is known."""

    role: str
    profile: str
    users: int


class Chooser:
    """Chooses profiles by role, with the mappings of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._profiles: Mapping[str, Profile] = {each.name: each for each in tx.profiles.all()}
        self._known: dict[str, dict[str, str | None]] = {}

    def choose(self, person: Person) -> tuple[Profile | None, str]:
        """Return the profile for *person*, or None and why there is none."""
        source, role = person.role_source, person.role
        if source not in self._known:
            self._known[source] = self._tx.roles.of(source)
        default = profiles.DEFAULT if role == NO_ROLE else ""
        name = self._known[source].get(role, default)
        if name is None:
            return None, f"its role {role!r} gets no client"
        if not name:
            command = f'offhook roles set {source} "{role}" PROFILE'
            return None, f"nobody has said what its role {role!r} gets: {command}"
        return self._profiles[name], ""

    def profile(self, name: str) -> Profile:
        """Return the profile of that name; raises `UnknownName`."""
        if name not in self._profiles:
            raise UnknownName("profile", name, tuple(self._profiles))
        return self._profiles[name]


def lines(store: Store, source: str) -> list[RoleLine]:
    """Return the roles of a source: those that are mapped, and those that its users have."""
    with store.read() as tx:
        connections.find(tx, source)
        mapped = {role: name or NO_CLIENT for role, name in tx.roles.of(source).items()}
        counts = tx.sources.roles(source)
    return [
        RoleLine(role=role, profile=mapped.get(role, ""), users=counts.get(role, 0))
        for role in sorted({*mapped, *counts})
    ]


def assign(
    store: Store, source: str, role: str, profile: str, *, actor: str, now: datetime
) -> None:
    """Map a role of a source to a profile, or to `NO_CLIENT`."""
    with store.write() as tx:
        connections.find(tx, source)
        chosen = None if profile == NO_CLIENT else profiles.get(tx, profile).id
        tx.roles.set(source, role, chosen)
        tx.audit.add(now, actor, "role mapped", source, f"{role or 'no role'}: {profile}")


def remove(store: Store, source: str, role: str, *, actor: str, now: datetime) -> None:
    """Forget what a role means; raises `UnknownName`."""
    with store.write() as tx:
        connections.find(tx, source)
        known = tx.roles.of(source)
        if not tx.roles.delete(source, role):
            raise UnknownName("mapping of the role", role, tuple(filter(None, known)))
        tx.audit.add(now, actor, "role forgotten", source, role)
