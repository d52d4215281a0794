"""What the tests of sources share: PBXs that hold what the tests say, and all steps at hand."""

from attrs import define, field, frozen

import offhook.api
from offhook import generic
from offhook.api import SourceUser
from offhook.doors import Plugins
from offhook.model.profiles import Profile
from offhook.model.users import Selection
from offhook.provisioning import available, connections, passwords, roles, sources, syncing, users
from offhook.provisioning.syncreports import Wanted
from offhook.store.store import Store


@frozen(kw_only=True)
class Options:
    """A PBX of the tests needs none."""


@define(eq=False)
class Pbx:
    """
    Stands for the systems behind one plugin: what it holds by connection, what it was asked to set.

    ``fails`` is raised by connection after all users, ``refuses`` is by key why a password is not
    taken, ``down`` is raised instead of taking any.
    """

    label: str
    holds: dict[str, list] = field(factory=dict)
    fails: dict[str, Exception] = field(factory=dict)
    refuses: dict[str, str] = field(factory=dict)
    down: Exception | None = None
    asked: list[tuple[str, str]] = field(factory=list)

    @offhook.api.hookimpl
    def options_class(self):
        return Options

    @offhook.api.hookimpl
    def pbx_type(self):
        return offhook.api.PbxType(
            name=self.label,
            label=self.label,
            codecs=("g722",),
            roles={"Entry": False},
            credentials=("set", "file"),
        )

    @offhook.api.hookimpl
    def list_users(self, connection):
        yield from self.holds.get(connection.name, [])
        if connection.name in self.fails:
            raise self.fails[connection.name]

    @offhook.api.hookimpl
    def set_credentials(self, connection, wanted):
        self.asked += [(each.key, each.password.reveal()) for each in wanted]
        if self.down:
            raise self.down
        return {each.key: self.refuses[each.key] for each in wanted if each.key in self.refuses}


def person(key, number="", *, pbx="main", kind="pbx", automatic=False, **fields):
    """Return a user as a source has it; role and login are among *fields*."""
    more = {name: fields.pop(name) for name in ("role", "login", "phone") if name in fields}
    texts = {"first_name": "Ana", "last_name": f"Ruiz {key}", "email": f"{key}@example.org"}
    return SourceUser(
        key=key,
        pbx=pbx,
        kind=kind,
        automatic=automatic,
        fields={"number": number or key, "pbx_username": number or key, **texts, **fields},
        **more,
    )


@define
class Site:
    """A store with the connection "hq" to a PBX, and every step on it."""

    store: Store
    plugins: Plugins
    pbx: Pbx
    now: object

    @classmethod
    def build(cls, store, now):
        pbx = Pbx("acme")
        site = cls(store, Plugins({"generic": generic, "acme": pbx}), pbx, now)
        with store.write() as tx:
            for name in ("default", "staff"):
                settings = {"pbx_host": "pbx.example.org"}
                tx.profiles.add(Profile(id=f"p-{name}", name=name, settings=settings))
        site.connect("hq")
        return site

    def connect(self, name):
        connections.add(self.store, self.plugins, name, "acme", {}, actor="me", now=self.now)

    def hold(self, *held, source="hq"):
        """Let the system behind *source* hold these, and nothing else."""
        self.pbx.holds[source] = list(held)

    def read(self, *names):
        return [
            sources.read(self.store, self.plugins, name, now=self.now) for name in names or ["hq"]
        ]

    def sync(self, *names, adds="automatic", dry_run=False, **wanted):
        """Read the sources and synchronise with them."""
        found = list(names) or ["hq"]
        self.read(*found)
        return syncing.sync(
            self.store,
            self.plugins,
            Wanted(sources=found, adds=adds, **wanted),
            dry_run=dry_run,
            actor="me",
            now=self.now,
        )

    def take_all(self, *names, **wanted):
        """Import everybody."""
        return self.sync(*names, adds="all", **wanted)

    def map_role(self, role, profile, source="hq"):
        roles.assign(self.store, source, role, profile, actor="me", now=self.now)

    def automate(self, source="hq"):
        """Let a sync add and deploy those whom their system wants deployed."""
        sources.schedule(
            self.store, self.plugins, source, every=0, automatic=True, actor="me", now=self.now
        )

    def offers(self, *names, **page):
        return available.page(self.store, list(names) or ["hq"], **page)

    def set_passwords(self, *keys, **options):
        ids = tuple(self.user(key).id for key in keys)
        return passwords.provide(
            self.store,
            self.plugins,
            Selection(ids=ids),
            actor="me",
            now=self.now,
            **options,
        )

    def user(self, name):
        with self.store.read() as tx:
            return users.find(tx, name)

    def users(self):
        """Return how the users are named, sorted."""
        with self.store.read() as tx:
            return sorted(each.key for each in tx.users.stream(Selection()))

    def events(self):
        with self.store.read() as tx:
            return [(each.code, each.subject) for each in tx.events.latest(everything=False)]


def shown(report):
    """Return what a report tells of each person, shortly."""
    return [
        (line.what, line.user, *(f"{f.field}: {f.old} -> {f.new}" for f in line.fields))
        for line in report.lines
    ]
