"""Makes the deployments of a campaign, batch by batch, and enqueues their mails."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import evolve

from offhook.doors import Plugins
from offhook.model.deployments import Campaign, Deployment
from offhook.model.users import Selection
from offhook.provisioning import addresses, campaigns, invitations, planning, tokens
from offhook.provisioning.campaigns import CHUNK, EXPAND, SEND, Enqueue
from offhook.provisioning.pacing import PacedWrites, next_ids
from offhook.provisioning.planning import Planned, Planner
from offhook.store.deployments import NewDeployment
from offhook.store.store import Store, Transaction

_NO_EMAIL = "no-email"


def expand(
    store: Store,
    plugins: Plugins,
    enqueue: Enqueue,
    campaign_id: str,
    *,
    public_url: str,
    clock: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
    complete: Callable[[Selection], object] = lambda users: None,
) -> None:
    """
    Make the deployments of a campaign and enqueue their mails, batch by batch from its cursor.

    May be repeated and run twice at once: a batch is committed where the cursor stands, or not.
    When *stopping* tells to come to an end, the rest is enqueued again. *complete* is called with
    the users of each batch before anything is decided: it may fetch what they lack.
    """
    writes = PacedWrites(store)
    while not stopping():
        with store.read() as tx:
            campaign = campaigns.get(tx, campaign_id)
            ids = next_ids(tx, tx.campaigns.selection(campaign_id), campaign.cursor, planning.BATCH)
        if campaign.expanded_at:
            return
        complete(Selection(ids=tuple(ids)))
        planned = _plan(store, plugins, campaign, ids)
        batch = _Batch(campaign, planned, public_url, clock())
        with writes.write() as tx:
            if tx.campaigns.advance(
                campaign, ids[-1] if ids else campaign.cursor, finished_at=None if ids else clock()
            ):
                batch.save(tx, enqueue)
        if not ids:
            return
    with store.write() as tx:
        enqueue(tx, EXPAND, campaign_id)


def _plan(store: Store, plugins: Plugins, campaign: Campaign, ids: Sequence[str]) -> list[Planned]:
    with store.read() as tx:
        planner = Planner(tx, plugins, campaign.transport)
        users = tx.users.get(ids)
    return [planner.decide(user) for user in users]


class _Batch:
    """A batch of deployments, made before the transaction that stores it."""

    def __init__(
        self, campaign: Campaign, planned: Sequence[Planned], public_url: str, now: datetime
    ) -> None:
        self._campaign = campaign
        self._now = now
        self._planned = planned
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
        self._tell(tx)

    def _tell(self, tx: Transaction) -> None:
        """End the events about users who get a link, and raise those about their addresses."""
        served = {each.user.key: each for each in self._planned if not each.why_not}
        lacking = [key for key, each in served.items() if each.rule == invitations.FALLBACK]
        tx.events.resolve(["token-locked"], served, self._now)
        tx.events.resolve([_NO_EMAIL], served.keys() - set(lacking), self._now)
        for key in lacking:
            text = f"{served[key].user.name} ({key}) has no e-mail address: the link went to"
            tx.events.raise_once(
                "warning", _NO_EMAIL, key, f"{text} {served[key].recipient}.", self._now
            )

    def _add_chunk(self, planned: Sequence[Planned], public_url: str) -> None:
        if not planned[0].transport:
            self._new += [self._issue(each) for each in planned]
            return
        chunk = secrets.token_hex(8)
        self._chunks.append(chunk)
        for each in planned:
            new = self._issue(each)
            base = addresses.base_url(each.resolved, public_url)
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
