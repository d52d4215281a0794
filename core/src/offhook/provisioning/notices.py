"""Mails new events to whoever wants to know of them, once each, by the site's default transport."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from html import escape
from typing import Any, cast

from offhook.doors import Plugins
from offhook.errors import InvalidInput, OffhookError, Problem
from offhook.model.deployments import Message, Receipt
from offhook.model.findings import Event
from offhook.model.rules import read_email
from offhook.provisioning import connections, invitations
from offhook.provisioning.connections import DEFAULT_TRANSPORT
from offhook.store.store import Store

ADDRESSES, LAST = "events-mail-to", "events-mailed"
MOST = 50


def mail_to(store: Store, addresses: Sequence[str], *, actor: str, now: datetime) -> None:
    """Mail events from now on to *addresses*, to nobody where there are none."""
    read, problems = [], []
    for address in addresses:
        try:
            read.append(read_email(address))
        except ValueError as error:
            problems.append(Problem("address", address, str(error)))
    if problems:
        raise InvalidInput("Events cannot be mailed:", problems)
    with store.write() as tx:
        tx.values.set(ADDRESSES, ",".join(read))
        tx.values.set(LAST, str(tx.events.newest()))
        tx.audit.add(now, actor, "events mailed to", ", ".join(read) or "nobody")


def recipients(store: Store) -> list[str]:
    """Return who is mailed."""
    with store.read() as tx:
        return [each for each in tx.values.get(ADDRESSES).split(",") if each]


def send(store: Store, plugins: Plugins, *, public_url: str) -> int:
    """
    Mail the events that are new since the last time; returns how many there were.

    Where the transport fails, they are new the next time, too.
    """
    to = recipients(store)
    with store.read() as tx:
        new = tx.events.after(int(tx.values.get(LAST, "0")), MOST)
        transport = tx.values.get(DEFAULT_TRANSPORT)
    if not (to and new and transport):
        return 0
    start = f"events-{new[-1].id}"
    messages = [
        _write(new, address, f"{start}-{place}", public_url) for place, address in enumerate(to)
    ]
    try:
        connection = connections.get(store, plugins, transport)
        with closing(cast(Any, plugins.send(connection, messages))) as items:
            receipts = [item for item in items if isinstance(item, Receipt)]
    except OffhookError:
        return 0  # what ails the transport is an event of its own
    if all(each.outcome == "later" for each in receipts):
        return 0
    with store.write() as tx:
        tx.values.set(LAST, str(new[-1].id))
    return len(new)


def _write(events: Sequence[Event], address: str, key: str, public_url: str) -> Message:
    worst = next(each for each in ("major", "minor", "warning") if _has(events, each))
    more = f" and {len(events) - 1} more" if len(events) > 1 else ""
    lines = [
        f"{each.severity}: {each.text} ({each.raised_at:%Y-%m-%d %H:%M} UTC)" for each in events
    ]
    text = "\n\n".join([*lines, "See them all: offhook events list"])
    return Message(
        key=key,
        message_id=invitations.message_id_of(key, public_url),
        to=address,
        subject=f"offhook, {worst}: {_one_line(events[0].text)}{more}",
        text=text,
        html="".join(f"<p>{escape(each)}</p>" for each in text.split("\n\n")),
    )


def _has(events: Sequence[Event], severity: str) -> bool:
    return any(each.severity == severity for each in events)


def _one_line(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 100 else f"{words[:100]}..."
