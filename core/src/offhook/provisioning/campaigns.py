"""Campaigns: many users deployed at once, seen while they go on, and gone on with."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from attrs import frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput, UnknownName
from offhook.model.deployments import Campaign, Delivery, Deployment
from offhook.model.profiles import NO_TRANSPORT
from offhook.model.users import Selection
from offhook.provisioning.planning import Planner
from offhook.store.campaigns import CampaignLine
from offhook.store.store import Store, Transaction

EXPAND = "expand"
SEND = "send_chunk"
CHUNK = 50
_GRACE = timedelta(minutes=2)
_RESENDABLE: Sequence[Delivery] = ("uncertain", "failed", "queued")
_MOVING: Sequence[Delivery] = ("queued", "wire")


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
        tx.imported.end_waiting(selection.ids or ())
        tx.audit.add(now, actor, "campaign created", campaign.id, f"{total} users")
        if transport != NO_TRANSPORT:
            enqueue(tx, EXPAND, campaign.id)
    return campaign


def check(store: Store, plugins: Plugins) -> None:
    """Raise `InvalidInput` where nobody at all could be sent a mail."""
    with store.read() as tx:
        Planner(tx, plugins, "").check()


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
    Send again now, by an administrator's choice, what is uncertain, failed or waits for later.

    Those whose link has ended are left as they are: deploy them again. Returns how many there are.
    """
    if delivery not in _RESENDABLE:
        raise InvalidInput(f"Only {', '.join(_RESENDABLE)} mails can be sent again.")
    with store.read() as tx:
        get(tx, campaign_id)
        chunks = tx.campaigns.chunks([delivery], campaign_id)
    queued = _move(
        store,
        enqueue,
        chunks,
        lambda tx, old, new: tx.campaigns.queue_again(old, new, delivery, now),
    )
    with store.write() as tx:
        tx.audit.add(now, actor, f"{delivery} mails sent again", campaign_id, f"{queued} mails")
    return queued


def why_not_again(deployment: Deployment, now: datetime) -> str:
    """Return why `resend` leaves a mail as it is; empty where it does not."""
    token = deployment.token_state_at(now)
    if token != "open":
        return f"its link is {token}: deploy again"
    waits = deployment.not_before and deployment.not_before > now
    return "it is on its way" if deployment.delivery == "queued" and not waits else ""


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
        chunks = tx.campaigns.chunks(_MOVING)
        waiting = [each.id for each in tx.campaigns.unexpanded(now - _GRACE)]
    busy = {ids[-1] for ids in unfinished(SEND)}
    lost = [(campaign, chunk) for campaign, chunk in chunks if chunk not in busy]
    expanding = {ids[0] for ids in unfinished(EXPAND)}
    stuck = [each for each in waiting if each not in expanding]
    _move(store, enqueue, lost, lambda tx, old, new: tx.campaigns.rename(old, new, _MOVING))
    for campaign_id in stuck:
        with store.write() as tx:
            enqueue(tx, EXPAND, campaign_id)
    return len(lost) + len(stuck)


def _move(
    store: Store,
    enqueue: Enqueue,
    chunks: Sequence[tuple[str, str]],
    move: Callable[[Transaction, str, str], int],
) -> int:
    """Enqueue what *move* takes from each chunk to a new one; returns how many mails."""
    total = 0
    for campaign_id, chunk in chunks:
        new = secrets.token_hex(8)
        with store.write() as tx:
            moved = move(tx, chunk, new)
            if moved:
                enqueue(tx, SEND, campaign_id, new)
        total += moved
    return total
