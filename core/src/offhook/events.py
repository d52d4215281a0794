"""Events, open until they are over: listed, and ended by hand."""

from datetime import datetime

from offhook.errors import InvalidInput
from offhook.model.findings import Event
from offhook.store.store import Store


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
        tx.events.resolve([event.code], [event.subject], now)
        tx.audit.add(now, actor, "event resolved", event.subject, event.text)
    return event
