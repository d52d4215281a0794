"""Events: what an administrator should know, raised once and open until it is over."""

from datetime import datetime

from offhook.errors import InvalidInput
from offhook.model.findings import Event, Severity
from offhook.store.store import Store, Transaction


def raise_event(
    tx: Transaction, severity: Severity, code: str, subject: str, text: str, now: datetime
) -> bool:
    """Raise an event unless one of this code and subject is open; tells whether it was new."""
    return tx.events.raise_once(severity, code, subject, text, now)


def resolve(tx: Transaction, code: str, subject: str, now: datetime) -> None:
    """Say that what was raised under this code and subject is over; nothing where nothing was."""
    tx.events.resolve(code, subject, now)


def latest(
    store: Store, *, subject: str = "", everything: bool = False, limit: int = 100
) -> list[Event]:
    """Return the newest open events first; resolved ones too where *everything* is wanted."""
    with store.read() as tx:
        return tx.events.latest(subject=subject, limit=limit, everything=everything)


def dismiss(store: Store, number: int, *, actor: str, now: datetime) -> Event:
    """Resolve the event of that number by hand; raises `InvalidInput` where none is open."""
    with store.write() as tx:
        event = tx.events.get(number)
        if not event or event.resolved_at:
            raise InvalidInput(
                f"There is no open event {number}.", hint="List them with: offhook events list"
            )
        tx.events.resolve(event.code, event.subject, now)
        tx.audit.add(now, actor, "event resolved", event.subject, event.text)
    return event
