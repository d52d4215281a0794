"""Bulk writes in short transactions with a pause between them, so that downloads get through."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from offhook.model.users import Selection
from offhook.store.store import Store, Transaction

BATCH = 2000
PAUSE = 0.05  # seconds


class PacedWrites:
    """Write transactions of one bulk job; work between them counts as pause."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._free_at = 0.0

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Transaction]:
        """Open a write transaction when others had as much time as the last one, up to 50 ms."""
        time.sleep(max(0.0, self._free_at - time.monotonic()))
        began = time.monotonic()
        with self._store.write(durable=durable) as tx:
            yield tx
        ended = time.monotonic()
        self._free_at = ended + min(ended - began, PAUSE)


def repeat(store: Store, change: Callable[[Transaction, int], int]) -> None:
    """Call *change*, which changes so many rows at the most, until it finds fewer."""
    writes, changed = PacedWrites(store), BATCH
    while changed == BATCH:
        with writes.write() as tx:
            changed = change(tx, BATCH)


def next_ids(tx: Transaction, selection: Selection, after: str, limit: int) -> list[str]:
    """Return the next selected ids after id *after*, sorted."""
    if selection.ids is None:
        return tx.users.ids(selection, after=after, limit=limit)
    return sorted(each for each in selection.ids if each > after)[:limit]


def batches(store: Store, selection: Selection) -> Iterator[list[str]]:
    """Yield the ids of the selected users, up to 2,000 at a time; none in a transaction."""
    last = ""
    while True:
        with store.read() as tx:
            ids = next_ids(tx, selection, last, BATCH)
        if ids:
            yield ids
        if len(ids) < BATCH:
            return
        last = ids[-1]
