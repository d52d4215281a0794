"""What the tests of border gateways share: one that does as they say, and the steps on it."""

from datetime import timedelta

from attrs import define, field, frozen

import offhook.api
from offhook import generic
from offhook.api import Authorization, FoundCredentials, Secret, WantedCredentials, described
from offhook.doors import Plugins
from offhook.model.profiles import Profile
from offhook.model.users import Selection
from offhook.provisioning import authorizations, connections, gateways
from offhook.store.store import Store

LIFE = timedelta(days=365)


@frozen(kw_only=True)
class Options:
    """What a gateway of the tests needs."""

    host: str = described(identifies=True, help="Where it is.")
    port: int = described(default=443, help="Its port.")


@define(eq=False)
class Gateway:
    """
    Stands for the gateway behind a plugin.

    ``now`` is its clock, ``down`` is raised instead of any answer, ``holds`` are credentials by
    number; numbers in ``breaks`` fail their whole batch. Passwords for numbers in ``refuses`` are
    not taken. ``wants`` are its profile settings, else its host; ``objects`` is what it says of
    others; of numbers in ``registered`` it tells. What it saw is in ``steps``, ``asked`` and
    ``wanted``.
    """

    now: object
    down: Exception | None = None
    holds: dict[str, FoundCredentials | str] = field(factory=dict)
    breaks: set[str] = field(factory=set)
    steps: list[object] = field(factory=list)
    wants: dict[str, str] = field(factory=dict)
    objects: offhook.api.Finding | None = None
    asked: list[int] = field(factory=list)
    wanted: list[WantedCredentials] = field(factory=list)
    refuses: dict[str, str] = field(factory=dict)
    registered: dict[str, bool] = field(factory=dict)

    @offhook.api.hookimpl
    def options_class(self):
        return Options

    @offhook.api.hookimpl
    def profile_defaults(self, connection):
        return self.wants or {"gateway_host": connection.options.host}

    @offhook.api.hookimpl
    def check_settings(self, connection, settings):
        if self.objects:
            yield self.objects

    @offhook.api.hookimpl
    def registrations(self, connection, asked):
        self.asked.append(len(asked))
        if self.down:
            raise self.down
        known = {each.key: each.number for each in asked if each.number in self.registered}
        return {key: self.registered[number] for key, number in known.items()}

    @offhook.api.hookimpl
    def authorize(self, connection, step):
        self.steps.append(step)
        if self.down:
            raise self.down
        count = len(self.steps)
        given = {
            "token": Secret(f"token-{count}"),
            "secret": Secret(f"s{count}"),
            "token_id": f"#{count}",
        }
        if isinstance(step, offhook.api.Begin):
            return Authorization(state="requested", approve_at="https://mbg.test/approve", **given)
        assert connection.authorization.token == Secret(f"token-{count - 1}")
        return Authorization(state="verified", expires_at=self.now + LIFE, **given)

    @offhook.api.hookimpl
    def set_credentials(self, connection, wanted):
        self.wanted += wanted
        return {
            each.key: self.refuses[each.number] for each in wanted if each.number in self.refuses
        }

    @offhook.api.hookimpl
    def fetch_credentials(self, connection, asked):
        self.asked.append(len(asked))
        if self.down:
            raise self.down
        if self.breaks & {each.number for each in asked}:
            raise offhook.api.BadAnswer("It answered 500.")
        return {each.key: self.holds.get(each.number, "it has no SIP user") for each in asked}


@define
class Site:
    """A store with the connection "edge" to a gateway; time passes as the tests say."""

    store: Store
    plugins: Plugins
    gateway: Gateway
    now: object

    @classmethod
    def build(cls, store, now):
        gateway = Gateway(now)
        site = cls(store, Plugins({"generic": generic, "mbg": gateway}), gateway, now)
        settings = {"use_teleworker": "on", "gateway_host": "mbg.test", "pbx_host": "pbx.test"}
        with store.write() as tx:
            tx.profiles.add(Profile(id="p1", name="default", settings=settings))
        connections.add(
            store, site.plugins, "edge", "mbg", {"host": "mbg.test"}, actor="me", now=now
        )
        return site

    def begin(self, **options):
        return authorizations.begin(
            self.store, self.plugins, "edge", actor="me", now=self.now, **options
        )

    def finish(self):
        return authorizations.finish(
            self.store, self.plugins, "edge", Secret("1234"), actor="me", now=self.now
        )

    def let_in(self):
        """Go through the whole handshake."""
        self.begin()
        return self.finish()

    def wait(self, days):
        """Let days pass, each with its look after the authorisations."""
        for _ in range(days):
            self.now += timedelta(days=1)
            self.gateway.now = self.now
            authorizations.look_after(self.store, self.plugins, actor="me", now=self.now)

    def stored(self):
        with self.store.read() as tx:
            return tx.authorizations.get("edge")

    def events(self, *, everything=False):
        with self.store.read() as tx:
            found = tx.events.latest(everything=everything)
        return sorted((each.code, each.severity) for each in found)

    def fetch(self, **options):
        return gateways.fetch(
            self.store, self.plugins, Selection(), actor="me", now=self.now, **options
        )

    def compare(self, gateway="edge", **options):
        return gateways.compare(
            self.store, self.plugins, gateway, actor="me", now=self.now, **options
        )

    def choose(self, way):
        """Let the credentials of "edge" come in another way."""
        options = {"credentials": way, "actor": "me", "now": self.now}
        connections.change(self.store, self.plugins, "edge", {}, **options)


def sip_user(number):
    """Return the credentials of a SIP user as the gateway has them."""
    return FoundCredentials(username=f"u-{number}", password=Secret(f"secret-{number}"))
