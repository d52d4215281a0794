"""Who can be deployed, by which transport and to which address; and who cannot, and why."""

from collections.abc import Iterator

from attrs import frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput, UnknownName
from offhook.model.profiles import NO_TRANSPORT, ResolvedProfile
from offhook.model.users import Selection, User
from offhook.provisioning import credentials, invitations, resolving
from offhook.provisioning.connections import DEFAULT_TRANSPORT
from offhook.provisioning.pacing import next_ids
from offhook.store.store import Store, Transaction

BATCH = 1000  # rows in a transaction: it holds the write lock for less than a tenth of a second


@frozen(kw_only=True)
class Planned:
    """
    What deploying would do for a user; ``why_not`` is empty where it would work.

    ``transport`` and ``recipient`` are empty without a mail; ``rule`` chose the recipient.
    """

    user: User
    resolved: ResolvedProfile
    transport: str = ""
    recipient: str = ""
    rule: str = ""
    why_not: str = ""


class Planner:
    """
    Decides for one user after the other, with the profiles and connections of one transaction.

    *transport* overrides what the profiles say; ``NO_TRANSPORT`` means that no mail is wanted.
    """

    def __init__(self, tx: Transaction, plugins: Plugins, transport: str) -> None:
        self._plugins = plugins
        self._override = transport
        self._profiles = {each.name: each for each in tx.profiles.all()}
        missing = {name: resolving.missing(p, plugins) for name, p in self._profiles.items()}
        self._missing = {name: why and f"profile {name}: {why}" for name, why in missing.items()}
        self._speakers = {each.name: each.plugin for each in tx.connections.all()}
        self._default = tx.values.get(DEFAULT_TRANSPORT)

    def check(self) -> None:
        """Raise when nobody at all could be sent a mail."""
        if self._override == NO_TRANSPORT:
            return
        if self._override and self._override not in self._speakers:
            raise UnknownName("connection", self._override, tuple(self._speakers))
        if self._override:
            why_not = self._why_unusable(self._override)
            if why_not:
                raise InvalidInput(f"No mail can be sent: {why_not}.")
        if not any(self._plugins.implements(each, "send") for each in self._speakers.values()):
            raise InvalidInput(
                "No mail can be sent: there is no connection that sends.",
                hint="Add one with offhook connections add, or deploy without mail: --local.",
            )

    def decide(self, user: User) -> Planned:
        """Return what deploying would do for *user*."""
        profile = self._profiles[user.profile]
        resolved = resolving.resolve_for(profile, user, self._plugins)
        settings = resolved.settings
        why_not = (
            why_gone(user) or self._missing[user.profile] or credentials.why_not(user, settings)
        )
        if self._override == NO_TRANSPORT:
            return Planned(user=user, resolved=resolved, why_not=why_not)
        transport = self._override or profile.transport or self._default
        recipient, rule = invitations.recipient_of(user, settings)
        why_not = why_not or self._why_unusable(transport)
        return Planned(
            user=user,
            resolved=resolved,
            transport=transport,
            recipient=recipient,
            rule=rule,
            why_not=why_not or invitations.why_no_recipient(user, settings),
        )

    def _why_unusable(self, transport: str) -> str:
        if not transport:
            return "no transport: neither its profile nor the site names one"
        if transport == NO_TRANSPORT:
            return "its profile has no transport: only deploy --local works"
        plugin = self._speakers.get(transport)
        if not plugin:
            return f"its transport {transport!r} is not a connection any more"
        if not self._plugins.implements(plugin, "send"):
            return f"the plugin {plugin} of its transport {transport!r} cannot send, or is missing"
        return ""


def why_gone(user: User) -> str:
    """Return why nothing new is issued to a user who is gone at its source; empty elsewhere."""
    if not user.gone_at:
        return ""
    return f"gone at its source {user.connection} since {user.gone_at:%Y-%m-%d}"


def plan(
    store: Store, plugins: Plugins, selection: Selection, *, transport: str = ""
) -> Iterator[Planned]:
    """Yield what deploying would do for every selected user; changes nothing."""
    with store.read() as tx:
        planner = Planner(tx, plugins, transport)
        planner.check()
    last = ""
    while True:
        with store.read() as tx:
            ids = next_ids(tx, selection, last, BATCH)
            users = tx.users.get(ids)
        yield from (planner.decide(user) for user in users)
        if not ids:
            return
        last = ids[-1]
