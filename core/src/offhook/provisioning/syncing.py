"""Step 1: users from sources: what was read becomes users, person by person; nobody is deleted."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve

from offhook.doors import Plugins
from offhook.model.described import describe
from offhook.model.profiles import Profile
from offhook.model.sources import SourceRecord
from offhook.model.users import Selection, User, UserFields, needs_reset
from offhook.provisioning import merging
from offhook.provisioning.installation import INSTALLATION
from offhook.provisioning.merging import Person
from offhook.provisioning.pacing import PacedWrites
from offhook.provisioning.roles import Chooser
from offhook.provisioning.syncreports import MOST_LINES, Line, SyncReport, Wanted, line_of
from offhook.provisioning.users import new_id
from offhook.store.store import Store, Transaction

BATCH = 1000
_FIELDS = describe(UserFields)
_EMPTY = {name: None if each.secret else "" for name, each in _FIELDS.items()}


def sync(
    store: Store,
    plugins: Plugins,
    wanted: Wanted,
    *,
    dry_run: bool = False,
    actor: str,
    now: datetime,
    on_progress: Callable[[int], object] = lambda done: None,
) -> SyncReport:
    """
    Make users of what was read last from the sources: new ones, changed ones, those that are gone.

    Goes on batch by batch; repeated, it finds nothing left to do. Raises `UnknownName` for a
    profile that is not there.
    """
    report, writes, after, done = SyncReport(dry_run=dry_run), PacedWrites(store), "", 0
    missing = set(wanted.numbers or ())
    while True:
        with store.read() as tx:
            groups = _groups(tx, wanted, after)
            step = _Step(tx, plugins, wanted, report, now)
            step.take([merging.merge(each) for each in groups])
        if not dry_run and step.writes:
            with writes.write() as tx:
                step.save(tx)
        missing -= {str(each.user.fields.get("number")) for some in groups for each in some}
        done += len(groups)
        on_progress(done)
        if len(groups) < BATCH:
            break
        after = groups[-1][0].merge
    _mark_gone(store, writes, wanted, report, now)
    _name_skipped(store, wanted, missing, report)
    if not dry_run:
        with store.write() as tx:
            said = ", ".join(f"{count} {what}" for what, count in sorted(report.counts.items()))
            tx.audit.add(now, actor, "users synchronised", ", ".join(wanted.sources), said)
            _note_whole(tx, wanted)
    return report


def _note_whole(tx: Transaction, wanted: Wanted) -> None:
    """Take the mark off sources all of whose users were wanted."""
    for name in wanted.sources:
        chosen = len(wanted.keys.get(name, ())) if wanted.keys else 0
        some = wanted.numbers is not None or (wanted.keys and chosen < tx.imported.count_from(name))
        if not some and tx.sources.get(name).changed_at:
            tx.sources.set(name, changed_at=None)


def _groups(tx: Transaction, wanted: Wanted, after: str) -> list[list[SourceRecord]]:
    return tx.sources.groups(
        wanted.sources, numbers=wanted.numbers, keys=wanted.keys, after=after, limit=BATCH
    )


def wanted_of(store: Store, selection: Selection) -> Wanted:
    """Return what a sync of the selected users is about."""
    with store.read() as tx:
        found = [user for user in tx.users.stream(selection) if user.connection]
    keys: dict[str, set[str]] = {}
    for user in found:
        keys.setdefault(user.connection, set()).add(user.source_key)
    return Wanted(sources=sorted(keys), keys=keys)


class _Step:
    """One batch of persons: one transaction finds out what is to be done, the next does it."""

    def __init__(
        self,
        tx: Transaction,
        plugins: Plugins,
        wanted: Wanted,
        report: SyncReport,
        now: datetime,
    ) -> None:
        self._tx = tx
        self._wanted = wanted
        self._report = report
        self._now = now
        self._chooser = Chooser(tx)
        self._installation = tx.values.get(INSTALLATION)
        self._types = {each.name: plugins.pbx_type_of(each.plugin) for each in tx.connections.all()}
        self._automatic = {each.connection for each in tx.sources.all() if each.automatic}
        self._new: list[tuple[User, str]] = []
        self._changed: list[tuple[User, dict[str, Any], str | None]] = []

    @property
    def writes(self) -> bool:
        """Whether there is anything to save."""
        return bool(self._new or self._changed)

    def save(self, tx: Transaction) -> None:
        """Store what is new and what has changed."""
        tx.users.add_all(self._new)
        for user, changes, profile_id in self._changed:
            tx.users.change(user, changes, profile_id)

    def take(self, persons: Sequence[Person]) -> None:
        """Find out what is to be done with each of *persons*."""
        known = self._known(persons)
        for person in persons:
            keys = [(each.connection, each.user.key) for each in person.records]
            user = next((known[key] for key in keys if key in known), None)
            if user:
                self._update(person, user)
            else:
                self._add(person)

    def _known(self, persons: Sequence[Person]) -> dict[tuple[str, str], User]:
        keys: dict[str, list[str]] = {}
        for person in persons:
            for each in person.records:
                keys.setdefault(each.connection, []).append(each.user.key)
        return {
            (user.connection, user.source_key): user
            for connection, mine in keys.items()
            for user in self._tx.imported.by_source(connection, mine)
        }

    def _add(self, person: Person) -> None:
        if not self._is_taken(person):
            self._report.counts["available"] += 1
            return
        given = self._wanted.profile
        profile, reason = (
            (self._chooser.profile(given), "") if given else self._chooser.choose(person)
        )
        if not profile:
            self._skip(person, reason)
            return
        made = _new_user(person, profile, new_id(self._installation), self._now)
        user = evolve(made, waits=self._wanted.deploys)
        self._new.append((user, profile.id))
        self._report.add(Line(what="added", user=user.key, name=user.name, profile=profile.name))
        self._report.deploy.append(user.id)
        self._warn(person, profile)

    def _is_taken(self, person: Person) -> bool:
        wishes = (each.connection for each in person.records if each.user.automatic)
        return self._wanted.adds == "all" or not self._automatic.isdisjoint(wishes)

    def _update(self, person: Person, user: User) -> None:
        wanted = {**_values(person), **_at_source(person)}
        changes = {name: value for name, value in wanted.items() if value != getattr(user, name)}
        profile = self._moved(person, user, changes)
        if not changes and not profile:
            self._report.counts["unchanged"] += 1
            return
        if needs_reset(user, changes):
            changes["reset_at"] = self._now
        if profile and (self._wanted.adds == "all" or user.connection in self._automatic):
            self._report.deploy.append(user.id)
            changes["waits"] = self._wanted.deploys
        self._report.add(line_of(user, changes, profile))
        self._changed.append((user, changes, profile.id if profile else None))

    def _moved(self, person: Person, user: User, changes: dict[str, Any]) -> Profile | None:
        """Return the profile that a changed role gives the user; otherwise it keeps its own."""
        if "role" not in changes:
            return None
        profile, reason = self._chooser.choose(person)
        if not profile:
            changes.pop("role", None)
            self._skip(person, reason)
        return profile if profile and profile.name != user.profile else None

    def _skip(self, person: Person, reason: str) -> None:
        first = person.first
        shown = f"{first.connection}/{person.number or first.user.key}"
        self._report.add(Line(what="skipped", user=shown, name=person.name, reason=reason))

    def _warn(self, person: Person, profile: Profile) -> None:
        its = self._types[person.first.connection]
        if its and its.name != profile.pbx_type:
            warning = (
                f"Users of {person.first.connection} ({its.label}) get the profile "
                f"{profile.name!r}, which is for the PBX type {profile.pbx_type!r}. "
                f"Make one: offhook profiles create NAME pbx_type={its.name}"
            )
            if warning not in self._report.warnings:
                self._report.warnings.append(warning)


def _new_user(person: Person, profile: Profile, user_id: str, now: datetime) -> User:
    return User(
        id=user_id,
        profile=profile.name,
        connection=person.first.connection,
        source_key=person.first.user.key,
        created_at=now,
        **_at_source(person),
        **{**_EMPTY, **_values(person)},
    )


def _at_source(person: Person) -> dict[str, Any]:
    """Return what a user is at its source, beside its fields."""
    return {
        "login": person.login,
        "role": person.role,
        "given": tuple(sorted(person.fields)),
        "gone_at": None,
    }


def _values(person: Person) -> dict[str, Any]:
    """Return the person's fields as a user's; an empty secret is none."""
    return {
        name: (value or None) if _FIELDS[name].secret else value
        for name, value in person.fields.items()
    }


def _name_skipped(
    store: Store, wanted: Wanted, missing: Collection[str], report: SyncReport
) -> None:
    """Name what the sources hold and cannot be users: all of it, or the *missing* numbers."""
    if wanted.keys is not None:
        return
    unknown = set(missing)
    for source in wanted.sources:
        with store.read() as tx:
            left_out = tx.sources.skipped(source, MOST_LINES)
        for each in left_out:
            if wanted.numbers is None or each.key in missing:
                shown = f"{source}/{each.key}"
                report.add(Line(what="skipped", user=shown, name="", reason=each.reason))
                unknown.discard(each.key)
    for number in sorted(unknown):
        reason = f"nobody has this number at {', '.join(wanted.sources)}"
        report.add(Line(what="skipped", user=number, name="", reason=reason))


def _mark_gone(
    store: Store, writes: PacedWrites, wanted: Wanted, report: SyncReport, now: datetime
) -> None:
    """Mark users whom their sources do not hold any more."""
    for source in wanted.sources:
        for users in _gone(store, source):
            keys = None if wanted.keys is None else wanted.keys[source]
            mine = [user for user in users if keys is None or user.source_key in keys]
            if wanted.numbers is not None:
                mine = [user for user in mine if user.number in wanted.numbers]
            for user in mine:
                report.add(Line(what="gone", user=user.key, name=user.name))
            if report.dry_run:
                continue
            with writes.write() as tx:
                for user in mine:
                    tx.users.change(user, {"gone_at": now})


def _gone(store: Store, source: str) -> Iterator[list[User]]:
    after = ""
    while True:
        with store.read() as tx:
            ids = tx.sources.gone(source, after=after, limit=BATCH)
            users = tx.users.get(ids)
        if users:
            yield users
        if len(ids) < BATCH:
            return
        after = ids[-1]
