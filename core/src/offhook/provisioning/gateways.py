"""Step 3: what teleworkers register with at their border gateway: read there, or set there."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from attrs import Factory, define, frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput, OffhookError
from offhook.model.connections import Connection
from offhook.model.sources import AskedCredentials, CredentialWay, FoundCredentials
from offhook.model.users import Selection, User
from offhook.provisioning import connections
from offhook.provisioning.pacing import batches
from offhook.provisioning.pushing import Pusher
from offhook.provisioning.resolving import Resolver
from offhook.provisioning.sitesettings import gateway_of
from offhook.store.store import Store

BATCH = 2000  # a gateway may have to go through all it has for each batch
_HIDDEN = (
    "the gateway does not show its password: let offhook set one there "
    "(offhook connections edit {0} --credentials set), or import it from a file"
)
_NO_FILE = "no file has brought it yet: offhook users import-passwords FILE --from {0}"


@define(kw_only=True)
class GatewayReport:
    """
    Ids of users whose credentials changed; how many did not, or need none.

    ``origins`` says by user where the credentials came from, ``failed`` why there are none.
    """

    changed: list[str] = Factory(list)
    unchanged: int = 0
    not_needed: int = 0
    origins: dict[str, str] = Factory(dict)
    failed: dict[str, str] = Factory(dict)

    def note(self, user: User, origin: str, *, changed: bool = False) -> None:
        """Note that *user* has credentials, and where they came from."""
        self.origins[user.key] = origin
        self.changed += [user.id] if changed else []
        self.unchanged += not changed


def fetch(
    store: Store,
    plugins: Plugins,
    selection: Selection,
    *,
    only_missing: bool = False,
    renew: bool = False,
    dry_run: bool = False,
    actor: str,
    now: datetime,
    on_progress: Callable[[int], object] = lambda done: None,
) -> GatewayReport:
    """
    Give the selected teleworkers what they register with, each gateway in its connection's way.

    *only_missing* leaves those alone who have a password; *renew* makes new ones where passwords
    are set. One batch that fails leaves the others. A *dry_run* reads at gateways, sets nothing
    there and keeps nothing here.
    """
    job = _Job(store, plugins, actor, now, renew=renew, keeps=not dry_run)
    for gateway, users in job.by_gateway(selection, on_progress):
        at = job.open(gateway, users)
        if at and at.way == "read":
            job.read(at, job.lacking(users) if only_missing else users)
        elif at and at.way == "set":
            job.set(at, users if renew else job.lacking(users))
        elif at:
            job.fail(job.lacking(users), _NO_FILE.format(gateway))
    return job.report


def compare(
    store: Store,
    plugins: Plugins,
    gateway: str,
    *,
    take_over: bool = False,
    actor: str,
    now: datetime,
    on_progress: Callable[[int], object] = lambda done: None,
) -> GatewayReport:
    """Find whose credentials are others at a gateway than here; *take_over* keeps its own."""
    connections.get(store, plugins, gateway)
    job = _Job(store, plugins, actor, now, keeps=take_over)
    for name, users in job.by_gateway(Selection(), on_progress):
        at = job.open(gateway, users) if name == gateway else None
        if at:
            job.read(at, users)
    return job.report


def are_there(store: Store) -> bool:
    """Whether the site, or a profile, names a gateway."""
    with store.read() as tx:
        return any(gateway_of(tx, each) for each in tx.profiles.all())


@frozen
class Grouped:
    """Users by where their clients register: gateways by connection, "" where nobody names one."""

    at_gateways: Mapping[str, list[User]]
    at_pbx: list[User]


def group(store: Store, plugins: Plugins, ids: Sequence[str]) -> Grouped:
    """Return the users of *ids* by where their clients register, if they do."""
    grouped = Grouped(defaultdict[str, list[User]](list), [])
    resolve = Resolver(plugins)
    with store.read() as tx:
        known = {each.name: each for each in tx.profiles.all()}
        names = {name: gateway_of(tx, profile) for name, profile in known.items()}
        for user in tx.users.get(ids):
            settings = resolve(known[user.profile], user).settings
            if settings.use_softphone == "off" or settings.use_teleworker == "off":
                grouped.at_pbx.append(user)
            else:
                grouped.at_gateways[names[user.profile]].append(user)
    return grouped


def asked_of(users: Sequence[User]) -> list[AskedCredentials]:
    """Return *users* as a plugin that speaks for a gateway is asked for them, by their ids."""
    return [
        AskedCredentials(key=user.id, number=user.number, username=user.gateway_username)
        for user in users
    ]


@frozen
class _Gateway:
    connection: Connection[Any]
    way: CredentialWay | Literal[""]


class _Job:
    """One run over many users; what came of each is in the ``report``, and here if it *keeps*."""

    def __init__(
        self,
        store: Store,
        plugins: Plugins,
        actor: str,
        now: datetime,
        *,
        renew: bool = False,
        keeps: bool,
    ) -> None:
        self._store, self._plugins, self._keeps = store, plugins, keeps
        self._actor, self._now = actor, now
        self._pusher = Pusher(store, plugins, actor=actor, now=now, renew=renew)
        self.report = GatewayReport()

    def by_gateway(
        self, selection: Selection, on_progress: Callable[[int], object]
    ) -> Iterator[tuple[str, list[User]]]:
        """Yield teleworkers with the connection of their gateway, "" where nobody names one."""
        done = 0
        for ids in batches(self._store, selection):
            found = group(self._store, self._plugins, ids)
            self.report.not_needed += len(found.at_pbx)
            yield from found.at_gateways.items()
            done += len(ids)
            on_progress(done)

    def open(self, name: str, users: Sequence[User]) -> _Gateway | None:
        """Return the gateway *name*; where it cannot be used, that is the reason of all *users*."""
        try:
            if not name:
                raise InvalidInput(
                    "Neither its profile nor the site names a border gateway.",
                    hint="Add one with offhook connections add, or name it: offhook profiles edit.",
                )
            with self._store.read() as tx:
                way = connections.way_of(connections.find(tx, name), self._plugins)
            return _Gateway(connections.get(self._store, self._plugins, name), way)
        except OffhookError as error:
            self.fail(users, error.whole)
            return None

    def lacking(self, users: Iterable[User]) -> list[User]:
        """Return those without a password; the others have what they had before."""
        found = []
        for user in users:
            if user.gateway_password:
                self.report.note(user, "here before")
            else:
                found.append(user)
        return found

    def read(self, at: _Gateway, users: Sequence[User]) -> None:
        """Read what *users* register with, and keep what is different here."""
        for batch, answers in self._ask(at, users):
            changes = {user.id: self._compare(at, user, answers[user.id]) for user in batch}
            changed = [user for user in batch if changes[user.id]]
            if self._keeps:
                self._keep(at, changed, changes)

    def set(self, at: _Gateway, users: Sequence[User]) -> None:
        """Give *users* new passwords there; whose name we do not know is looked up first."""
        if not self._keeps:
            for user in users:
                self.report.note(user, f"to be set at {at.connection.name}", changed=True)
            return
        known = [user for user in users if user.gateway_username]
        for batch, answers in self._ask(at, [u for u in users if not u.gateway_username]):
            known += self._learn_names(at, batch, answers)
        failed = self._pusher.push(at.connection.name, "gateway", known)
        for user in known:
            if user.id in failed:
                self.report.failed[user.key] = failed[user.id]
            else:
                self.report.note(user, f"set at {at.connection.name}", changed=True)

    def _learn_names(
        self, at: _Gateway, users: Sequence[User], answers: Mapping[str, FoundCredentials | str]
    ) -> list[User]:
        """Keep the user names that a gateway says, and return whose they are."""
        names = {}
        for user in users:
            answer = answers[user.id]
            if isinstance(answer, str):
                self.report.failed[user.key] = answer
            else:
                names[user.id] = {"gateway_username": answer.username}
        self._keep(at, [user for user in users if user.id in names], names)
        with self._store.read() as tx:
            return tx.users.get(list(names))

    def fail(self, users: Iterable[User], reason: str) -> None:
        """Note why *users* have nothing."""
        self.report.failed |= {user.key: reason for user in users}

    def _ask(
        self, at: _Gateway, users: Sequence[User]
    ) -> Iterator[tuple[Sequence[User], Mapping[str, FoundCredentials | str]]]:
        """Yield batches with what the gateway says of each, by id; one that fails is skipped."""
        for start in range(0, len(users), BATCH):
            batch = users[start : start + BATCH]
            try:
                answers = self._plugins.fetch_credentials(at.connection, asked_of(batch))
            except OffhookError as error:
                self.fail(batch, error.whole)
                continue
            silent = dict.fromkeys((user.id for user in batch), "the gateway did not say")
            yield batch, silent | dict(answers)

    def _compare(self, at: _Gateway, user: User, answer: FoundCredentials | str) -> dict[str, Any]:
        """Return what the gateway has that is different here."""
        name = at.connection.name
        if isinstance(answer, str) or not answer.password:
            self.fail([user], answer if isinstance(answer, str) else _HIDDEN.format(name))
            return {}
        found = {"gateway_username": answer.username, "gateway_password": answer.password}
        changes = {field: value for field, value in found.items() if value != getattr(user, field)}
        if "gateway_username" in user.given:
            changes.pop("gateway_username", None)
        self.report.note(user, f"read from {name}", changed=bool(changes))
        return changes

    def _keep(
        self, at: _Gateway, users: Sequence[User], changes: Mapping[str, dict[str, Any]]
    ) -> None:
        if not users:
            return
        with self._store.write() as tx:
            for user in users:
                tx.users.change(user, changes[user.id])
            read = f"{len(users)} users"
            tx.audit.add(self._now, self._actor, "MBG credentials read", at.connection.name, read)
