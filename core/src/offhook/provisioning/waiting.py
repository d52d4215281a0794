"""Who waits to be deployed after a sync: whether there can be some, who they are, who is able."""

from collections import Counter

from offhook.doors import Plugins
from offhook.model.users import Selection
from offhook.provisioning import planning
from offhook.provisioning.syncreports import Wanted
from offhook.store.store import Store


def may_arise(store: Store, wanted: Wanted) -> bool:
    """Whether a sync could find somebody who is to be deployed."""
    with store.read() as tx:
        automatic = (tx.sources.get(name).automatic for name in wanted.sources)
        return wanted.adds == "all" or any(automatic)


def ids_of(store: Store, wanted: Wanted) -> tuple[str, ...]:
    """Return the ids of those whom a sync is about and who wait to be deployed."""
    with store.read() as tx:
        return tuple(
            user_id
            for name in wanted.sources
            for user_id in tx.imported.waiting(
                name,
                numbers=wanted.numbers,
                keys=None if wanted.keys is None else wanted.keys.get(name, ()),
            )
        )


def sort_out(
    store: Store, plugins: Plugins, selection: Selection
) -> tuple[tuple[str, ...], Counter[str]]:
    """Return who can be deployed now, by id, and how many cannot, by reason."""
    able: list[str] = []
    reasons: Counter[str] = Counter()
    for planned in planning.plan(store, plugins, selection):
        if planned.why_not:
            reasons[planned.why_not] += 1
        else:
            able.append(planned.user.id)
    return tuple(able), reasons
