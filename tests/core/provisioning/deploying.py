"""What the tests of campaigns share: users, a transport that obeys, a record of jobs."""

from collections.abc import Callable
from datetime import timedelta

from attrs import define, field, frozen

import offhook.api
from offhook import generic
from offhook.doors import Plugins
from offhook.model.profiles import Profile
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.provisioning import campaigns, connections, expanding, sending
from offhook.store.store import Store

URL = "https://phones.example.org:8443"


@frozen(kw_only=True)
class Options:
    """The transport needs none."""


@define(eq=False)
class Transport:
    """
    Stands for the network: a plugin whose far side does as the tests tell it.

    ``outcomes`` by recipient are receipts' outcomes, or an error to raise; ``repeatable`` goes into
    every handover. ``sent`` are the mails taken, ``on_handover`` is called before each.
    """

    outcomes: dict[str, str | Exception] = field(factory=dict)
    repeatable: bool = False
    refuses: set[str] = field(factory=set)
    sent: list[offhook.api.Message] = field(factory=list)
    calls: int = 0
    closed: int = 0
    on_handover: Callable[[offhook.api.Message], None] = lambda message: None

    @offhook.api.hookimpl
    def options_class(self):
        return Options

    @offhook.api.hookimpl
    def send(self, connection, messages):
        self.calls += 1
        return self._steps(messages)

    def _steps(self, messages):
        try:
            for message in messages:
                if message.to in self.refuses:
                    yield offhook.api.Receipt(message.key, self.outcome(message), "at RCPT")
                    continue
                yield offhook.api.Handover(message.key, self.repeatable)
                self.on_handover(message)
                outcome = self.outcome(message)
                if outcome == "sent":
                    self.sent.append(message)
                yield offhook.api.Receipt(message.key, outcome, f"said {outcome}")
        finally:
            self.closed += 1

    def outcome(self, message):
        outcome = self.outcomes.get(message.to, "sent")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@define
class Site:
    """A store with users and a transport, and what was enqueued: (name, ids, delay)."""

    store: Store
    plugins: Plugins
    transport: Transport
    now: object
    queue: list[tuple[str, tuple[str, ...], timedelta | None]] = field(factory=list)

    @classmethod
    def build(cls, store, now, *, connection="mail", **settings):
        transport = Transport()
        plugins = Plugins({"generic": generic, "pigeon": transport})
        site = cls(store, plugins, transport, now)
        with store.write() as tx:
            settings = {"pbx_host": "pbx.example.org", **settings}
            tx.profiles.add(Profile(id="p-default", name="default", settings=settings))
        if connection:
            connections.add(store, plugins, connection, "pigeon", {}, actor="me", now=now)
        return site

    def add_users(self, *numbers, profile="default", **fields):
        values = {"pbx_password": Secret("secret"), **fields}
        with self.store.write() as tx:
            profile_id = tx.profiles.named(profile).id
            for number in numbers:
                user = User(
                    id=f"u-{number}",
                    profile=profile,
                    first_name="Ana",
                    last_name=f"Ruiz {number}",
                    number=number,
                    pbx_username=number,
                    created_at=self.now,
                    **{"email": f"{number}@example.org", **values},
                )
                tx.users.add(user, profile_id)

    def enqueue(self, tx, name, *ids, delay=None):
        self.queue.append((name, ids, delay))

    def create(self, selection, **options):
        made = campaigns.create(
            self.store, self.plugins, self.enqueue, selection, actor="me", now=self.now, **options
        )
        return made.id

    def expand(self, campaign_id, *, stopping=lambda: False):
        expanding.expand(
            self.store,
            self.plugins,
            self.enqueue,
            campaign_id,
            public_url=URL,
            clock=lambda: self.now,
            stopping=stopping,
        )

    def deploy(self, selection, **options):
        """Create and expand a campaign; its chunks are in ``queue`` then."""
        campaign_id = self.create(selection, **options)
        self.expand(campaign_id)
        return campaign_id

    def send(self, *, stopping=lambda: False):
        """Run every chunk that is enqueued without delay, once; returns the delays of the rest."""
        todo = [ids for name, ids, delay in self.queue if name == "send_chunk" and not delay]
        rest = [delay for _, _, delay in self.queue if delay]
        self.queue.clear()
        for campaign_id, chunk in todo:
            self.send_chunk(campaign_id, chunk, stopping=stopping)
        return rest

    def send_chunk(self, campaign_id, chunk, **options):
        sending.send_chunk(
            self.store,
            self.plugins,
            self.enqueue,
            campaign_id,
            chunk,
            public_url=URL,
            clock=lambda: self.now,
            **options,
        )

    def resend(self, campaign_id, delivery):
        return campaigns.resend(
            self.store, self.enqueue, campaign_id, delivery, actor="me", now=self.now
        )

    def in_order(self):
        """Return the recipients in the chunk enqueued last: its order is that of random ids."""
        with self.store.read() as tx:
            return [mail.deployment.recipient for mail in tx.campaigns.mails(self.queue[-1][1][1])]

    def counts(self, campaign_id):
        return campaigns.progress(self.store, campaign_id).counts

    def line(self, campaign_id, number):
        found = campaigns.lines(self.store, campaign_id)
        return next(each.deployment for each in found if each.user == number)

    def events(self):
        with self.store.read() as tx:
            return [(each.code, each.subject) for each in tx.events.latest(everything=False)]
