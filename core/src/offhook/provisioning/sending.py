"""Step 7: sends the mails of a chunk over one connection, each journalled on its way."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from offhook.doors import Plugins
from offhook.errors import OffhookError, Unreachable
from offhook.model.connections import Connection
from offhook.model.deployments import Delivery, Handover, Message, Receipt
from offhook.provisioning import campaigns, connections, invitations
from offhook.provisioning.campaigns import CHUNK, SEND, Enqueue
from offhook.provisioning.composing import Letter, compose, why_ended, write_all
from offhook.provisioning.connections import TRANSPORT_EVENTS, UNREACHABLE, UNUSABLE
from offhook.provisioning.planning import Planner
from offhook.store.store import Store

MAX_ATTEMPTS = 10
LONGEST_PAUSE = 60  # minutes
UNREACHABLE_PAUSE = timedelta(minutes=2)
UNUSABLE_PAUSE = timedelta(minutes=15)
NO_PAUSE = timedelta(0)
SILENCE = "the transport said nothing about this mail"

Clock = Callable[[], datetime]


def send_chunk(
    store: Store,
    plugins: Plugins,
    enqueue: Enqueue,
    campaign_id: str,
    chunk: str,
    *,
    public_url: str,
    clock: Clock,
    at_most: int = CHUNK,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """
    Send what is queued in *chunk*; every step of every mail is committed before the next.

    Repeatable: what an earlier run left on the wire is uncertain and is not sent again. What must
    wait is enqueued again with a delay; so is, without one, all that comes after *at_most* mails,
    and the rest when *stopping* tells to come to an end.
    """
    with store.write() as tx:
        tx.campaigns.settle(chunk, clock())
    with store.read() as tx:
        campaign = campaigns.get(tx, campaign_id)
        texts = invitations.load(tx)
        planner = Planner(tx, plugins, campaign.transport)
        mails = tx.campaigns.mails(chunk)
    delivery = _Delivery(store, plugins, enqueue, campaign_id, clock, stopping)
    ready: dict[str, list[Letter]] = {}
    for mail in mails[:at_most]:
        delivery.attempts[mail.deployment.id] = mail.deployment.attempts
        letter = compose(mail, planner, plugins, texts, public_url, clock())
        if isinstance(letter, str):
            delivery.settle(mail.deployment.id, "failed", letter)
        else:
            ready.setdefault(letter.transport, []).append(letter)
    for transport, letters in ready.items():
        delivery.send(transport, letters)
    delivery.put_off([mail.deployment.id for mail in mails[at_most:]], NO_PAUSE)


class _Delivery:
    """One run of a chunk: where its mails are, and the chunks that what is put off goes to."""

    def __init__(
        self,
        store: Store,
        plugins: Plugins,
        enqueue: Enqueue,
        campaign_id: str,
        clock: Clock,
        stopping: Callable[[], bool],
    ) -> None:
        self.attempts: dict[str, int] = {}
        self._store = store
        self._plugins = plugins
        self._enqueue = enqueue
        self._campaign_id = campaign_id
        self._clock = clock
        self._stopping = stopping
        self._wire: dict[str, bool] = {}
        self._later: dict[timedelta, str] = {}

    def send(self, transport: str, letters: Sequence[Letter]) -> None:
        """Send *letters*; what does not go out is put off, failed or uncertain afterwards."""
        try:
            connection = connections.get(self._store, self._plugins, transport)
        except OffhookError as error:
            self._account_for(transport, [each.key for each in letters], error)
            return
        written = write_all(self._plugins, connection, letters)
        if written.messages:
            self._send(connection, written.messages)
        for failure, keys in written.failures:
            self._account_for(transport, keys, failure)

    def _send(self, connection: Connection[Any], waiting: dict[str, Message]) -> None:
        failure: OffhookError | None = None
        while waiting and not failure and not self._stopping():
            before = len(waiting)
            failure = self._pass(connection, waiting)
            if len(waiting) == before:
                break
        self._account_for(connection.name, list(waiting), failure)

    def settle(self, key: str, delivery: Delivery, detail: str) -> None:
        """
        Write down what became of a mail.

        A power cut may undo that: the mail is found on the wire then, and is uncertain.
        """
        with self._store.write(durable=False) as tx:
            tx.campaigns.finish(key, self._take_off(key), delivery, detail, self._clock())

    def put_off(
        self, keys: Sequence[str], pause: timedelta, detail: str = "", *, attempts: int = 0
    ) -> None:
        """Move mails to a chunk that runs after *pause*, enqueued with the first of them."""
        if not keys:
            return
        chunk = self._later.get(pause) or secrets.token_hex(8)
        until = self._clock() + pause
        with self._store.write() as tx:
            for key in keys:
                tx.campaigns.postpone(
                    key, self._take_off(key), chunk, until=until, detail=detail, attempts=attempts
                )
            if pause not in self._later:
                self._enqueue(tx, SEND, self._campaign_id, chunk, delay=pause or None)
        self._later[pause] = chunk

    def _pass(
        self, connection: Connection[Any], waiting: dict[str, Message]
    ) -> OffhookError | None:
        """
        Send until the end, a failure (returned), or a mail that may not be sent any more.

        Such a mail has changed since it was read: the connection is dropped before its content.
        """
        try:
            items = self._plugins.send(connection, tuple(waiting.values()))
        except OffhookError as error:
            return error
        try:
            while item := _next(items):
                if isinstance(item, OffhookError):
                    return item
                if isinstance(item, Receipt):
                    self._receive(item)
                    waiting.pop(item.key, None)
                elif not self._hand_over(item):
                    waiting.pop(item.key, None)
                    self._give_up(item.key)
                    return None
                if self._stopping() and not self._wire:
                    return None
            return None
        finally:
            _close(items)

    def _hand_over(self, handover: Handover) -> bool:
        with self._store.write() as tx:
            mine = tx.campaigns.hand_over(
                handover.key, self._clock(), repeatable=handover.repeatable
            )
        if mine:
            self._wire[handover.key] = handover.repeatable
        return mine

    def _give_up(self, key: str) -> None:
        """Fail a mail whose link has ended; what another worker has taken is left to it."""
        with self._store.read() as tx:
            deployment = tx.deployments.get(key)
        if deployment and (ended := why_ended(deployment, self._clock())):
            self.settle(key, "failed", ended)

    def _take_off(self, key: str) -> Delivery:
        """Return where a mail is that goes on from here."""
        return "queued" if self._wire.pop(key, None) is None else "wire"

    def _receive(self, receipt: Receipt) -> None:
        attempts = self.attempts[receipt.key] + 1
        if receipt.outcome != "later":
            self.settle(receipt.key, receipt.outcome, receipt.detail)
        elif attempts < MAX_ATTEMPTS:
            pause = timedelta(minutes=min(2 ** (attempts - 1), LONGEST_PAUSE))
            self.put_off([receipt.key], pause, receipt.detail, attempts=1)
        else:
            self.settle(
                receipt.key, "failed", f"given up after {attempts} attempts: {receipt.detail}"
            )

    def _account_for(self, transport: str, rest: list[str], failure: OffhookError | None) -> None:
        """Account for everything that got no receipt."""
        lost = [key for key, repeatable in self._wire.items() if not repeatable]
        for key in lost:
            self.settle(key, "uncertain", str(failure or SILENCE))
        rest = [key for key in rest if key not in lost]
        if failure:
            self._raise_event(transport, failure)
            unreachable = isinstance(failure, Unreachable)
            pause = UNREACHABLE_PAUSE if unreachable else UNUSABLE_PAUSE
            self.put_off(rest, pause, str(failure))
        elif self._stopping():
            self.put_off(rest, NO_PAUSE)
        else:
            for key in rest:
                self._receive(Receipt(key, "later", SILENCE))
            with self._store.write() as tx:
                tx.events.resolve(TRANSPORT_EVENTS, [transport], self._clock())

    def _raise_event(self, transport: str, failure: OffhookError) -> None:
        if isinstance(failure, Unreachable):
            code, then = UNREACHABLE, ""
        else:
            code = UNUSABLE
            then = f" To try again at once: offhook campaigns resume {self._campaign_id}"
        reason = f"{str(failure).rstrip('.')}. {failure.hint}".strip()
        text = f"Mails wait, as the connection {transport} cannot send them: {reason}"
        with self._store.write() as tx:
            tx.events.raise_once(
                TRANSPORT_EVENTS[code], code, transport, text + then, self._clock()
            )


def _next(items: Iterator[Handover | Receipt]) -> Handover | Receipt | OffhookError | None:
    """Return the next item, or the failure of the transport; nothing at the end."""
    try:
        return next(items, None)
    except OffhookError as error:
        return error


def _close(items: Any) -> None:
    """Let the transport clean up; that it fails at that changes nothing for the mails."""
    with suppress(OffhookError):
        items.close()
