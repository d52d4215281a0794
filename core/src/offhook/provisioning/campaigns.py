"""Deploys many users at once: durable, repeatable, and seen while it goes on."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import sleep
from typing import Protocol

from attrs import evolve, frozen

from offhook import events
from offhook.doors import Plugins
from offhook.errors import InvalidInput, UnknownName
from offhook.model.deployments import Campaign, Delivery, Deployment
from offhook.model.users import Selection
from offhook.provisioning import downloads, invitations, tokens
from offhook.provisioning.planning import Planned, Planner, next_ids
from offhook.provisioning.profiles import NO_TRANSPORT
from offhook.store.campaigns import CampaignLine
from offhook.store.deployments import NewDeployment
from offhook.store.store import Store, Transaction

EXPAND = "expand"
SEND = "send_chunk"
CHUNK = 50
PAUSE = 0.05  # seconds between two batches, so that downloads get their turn to write
_GRACE = timedelta(minutes=2)
_RESENDABLE: Sequence[Delivery] = ("uncertain", "failed")


class Enqueue(Protocol):
    """Enqueues workflow *name* for *ids* within the transaction *tx*."""

    def __call__(
        self, tx: Transaction, name: str, *ids: str, delay: timedelta | None = None
    ) -> None: ...


@frozen(kw_only=True)
class Progress:
    """How far a campaign is: deployments by delivery."""

    campaign: Campaign
    counts: dict[Delivery, int]

    @property
    def made(self) -> int:
        """How many deployments there are yet."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """How many of them need nothing more."""
        return self.made - self.counts.get("queued", 0) - self.counts.get("wire", 0)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return bool(self.campaign.expanded_at) and self.done == self.made


def create(
    store: Store,
    plugins: Plugins,
    enqueue: Enqueue,
    selection: Selection,
    *,
    transport: str = "",
    actor: str,
    now: datetime,
) -> Campaign:
    """
    Store a campaign for *selection*, to be expanded and sent by a worker.

    With *transport* ``NO_TRANSPORT`` no mail is wanted, and the caller expands it: nothing waits
    for a worker then.
    """
    with store.write() as tx:
        Planner(tx, plugins, transport).check()
        total = len(selection.ids) if selection.ids is not None else tx.users.count(selection)
        if not total:
            raise InvalidInput("There is nobody to deploy.", hint="See: offhook users list")
        campaign = Campaign(
            id=secrets.token_hex(6), created_at=now, actor=actor, transport=transport, total=total
        )
        tx.campaigns.add(campaign, selection)
        tx.audit.add(now, actor, "campaign created", campaign.id, f"{total} users")
        if transport != NO_TRANSPORT:
            enqueue(tx, EXPAND, campaign.id)
    return campaign


def expand(
    store: Store,
    plugins: Plugins,
    enqueue: Enqueue,
    campaign_id: str,
    *,
    public_url: str,
    clock: Callable[[], datetime],
) -> None:
    """
    Make the deployments of a campaign and enqueue their mails, batch by batch from its cursor.

    May be repeated and run twice at once: a batch is committed where the cursor stands, or not.
    """
    while True:
        with store.read() as tx:
            campaign = get(tx, campaign_id)
            ids = next_ids(tx, tx.campaigns.selection(campaign_id), campaign.cursor)
            planner = Planner(tx, plugins, campaign.transport)
            users = tx.users.get(ids)
        if campaign.expanded_at:
            return
        batch = _Batch(campaign, [planner.decide(user) for user in users], public_url, clock())
        with store.write() as tx:
            if tx.campaigns.advance(
                campaign, ids[-1] if ids else campaign.cursor, finished_at=None if ids else clock()
            ):
                batch.save(tx, enqueue)
        if not ids:
            return
        sleep(PAUSE)


class _Batch:
    """A batch of deployments, made before the transaction that stores it."""

    def __init__(
        self, campaign: Campaign, planned: Sequence[Planned], public_url: str, now: datetime
    ) -> None:
        self._campaign = campaign
        self._now = now
        self._fallbacks = [each for each in planned if _falls_back(each)]
        self._left_out = [self._leave_out(each) for each in planned if each.why_not]
        ready = sorted((each for each in planned if not each.why_not), key=lambda p: p.transport)
        self._new: list[NewDeployment] = []
        self._chunks: list[str] = []
        for start in range(0, len(ready), CHUNK):
            self._add_chunk(ready[start : start + CHUNK], public_url)

    def save(self, tx: Transaction, enqueue: Enqueue) -> None:
        """Store it all and enqueue the chunks."""
        tx.deployments.add(self._new)
        tx.campaigns.add_left_out(self._left_out)
        for chunk in self._chunks:
            enqueue(tx, SEND, self._campaign.id, chunk)
        for each in self._fallbacks:
            events.raise_event(
                tx,
                "warning",
                "no-email",
                each.user.key,
                f"{each.user.name} ({each.user.key}) has no e-mail address: the link went to "
                f"{each.recipient}.",
                self._now,
            )

    def _add_chunk(self, planned: Sequence[Planned], public_url: str) -> None:
        if not planned[0].transport:
            self._new += [self._issue(each) for each in planned]
            return
        chunk = secrets.token_hex(8)
        self._chunks.append(chunk)
        for each in planned:
            new = self._issue(each)
            base = downloads.base_url(each.resolved, public_url)
            queued = evolve(
                new.deployment,
                delivery="queued",
                recipient=each.recipient,
                recipient_rule=each.rule,
                message_id=invitations.message_id_of(new.deployment.id, base),
            )
            self._new.append(evolve(new, deployment=queued, chunk=chunk))

    def _issue(self, planned: Planned) -> NewDeployment:
        return tokens.issue(
            planned.user.id,
            planned.resolved.settings,
            campaign_id=self._campaign.id,
            now=self._now,
        )

    def _leave_out(self, planned: Planned) -> Deployment:
        """A deployment that failed before it began: it has no token, and an older one lives on."""
        return evolve(
            self._issue(planned).deployment,
            delivery="failed",
            delivery_detail=planned.why_not,
            delivered_at=self._now,
            token_state="revoked",
            expires_at=self._now,
            downloads_left=0,
        )


def get(tx: Transaction, campaign_id: str) -> Campaign:
    """Return a campaign; raises `UnknownName`."""
    campaign = tx.campaigns.get(campaign_id)
    if not campaign:
        raise UnknownName("campaign", campaign_id, [each.id for each in tx.campaigns.latest()])
    return campaign


def progress(store: Store, campaign_id: str) -> Progress:
    """Return how far a campaign is."""
    with store.read() as tx:
        campaign = get(tx, campaign_id)
        return Progress(campaign=campaign, counts=tx.campaigns.counts(campaign_id))


def latest(store: Store, limit: int = 50) -> list[Progress]:
    """Return the newest campaigns first."""
    with store.read() as tx:
        return [
            Progress(campaign=each, counts=tx.campaigns.counts(each.id))
            for each in tx.campaigns.latest(limit)
        ]


def lines(
    store: Store, campaign_id: str, *, delivery: str = "", after: str = "", limit: int = 100
) -> list[CampaignLine]:
    """Return deployments of a campaign, those with one *delivery* where it is given."""
    with store.read() as tx:
        get(tx, campaign_id)
        return tx.campaigns.lines(campaign_id, delivery=delivery, after=after, limit=limit)


def resend(
    store: Store,
    enqueue: Enqueue,
    campaign_id: str,
    delivery: Delivery,
    *,
    actor: str,
    now: datetime,
) -> int:
    """
    Queue the uncertain or failed mails of a campaign again, by an administrator's choice.

    Those whose link has ended are left as they are: deploy them again. Returns how many there are.
    """
    if delivery not in _RESENDABLE:
        raise InvalidInput(f"Only {' and '.join(_RESENDABLE)} mails can be sent again.")
    queued, after = 0, ""
    while found := lines(store, campaign_id, delivery=delivery, after=after, limit=CHUNK):
        after = found[-1].deployment.id
        chunk = secrets.token_hex(8)
        with store.write() as tx:
            moved = tx.campaigns.queue_again(
                [each.deployment.id for each in found], delivery, chunk, now
            )
            if moved:
                enqueue(tx, SEND, campaign_id, chunk)
        queued += moved
    with store.write() as tx:
        tx.audit.add(now, actor, f"{delivery} mails sent again", campaign_id, f"{queued} mails")
    return queued


def sweep(
    store: Store,
    enqueue: Enqueue,
    unfinished: Callable[[str], set[tuple[str, ...]]],
    *,
    now: datetime,
) -> int:
    """
    Enqueue again what nobody works at: mails whose workflow has ended, campaigns half expanded.

    *unfinished* tells the ids of a workflow that wait or run. Returns how many were enqueued.
    """
    with store.read() as tx:
        chunks = tx.campaigns.open_chunks()
        waiting = [each.id for each in tx.campaigns.unexpanded(now - _GRACE)]
    busy = {ids[-1] for ids in unfinished(SEND)}
    lost = [(campaign, chunk) for campaign, chunk in chunks if chunk not in busy]
    expanding = {ids[0] for ids in unfinished(EXPAND)}
    stuck = [each for each in waiting if each not in expanding]
    for campaign_id, chunk in lost:
        again = secrets.token_hex(8)
        with store.write() as tx:
            if tx.campaigns.rename_chunk(chunk, again):
                enqueue(tx, SEND, campaign_id, again)
    for campaign_id in stuck:
        with store.write() as tx:
            enqueue(tx, EXPAND, campaign_id)
    return len(lost) + len(stuck)


def _falls_back(planned: Planned) -> bool:
    return planned.rule == invitations.FALLBACK and not planned.why_not
