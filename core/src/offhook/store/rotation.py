"""Rotates the key file: a new primary key, and every sealed value sealed anew with it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import RowMapping, Table, Update, bindparam, select, tuple_, update

from offhook.store.encryption import NEW, read_keys, read_lines, write_keys
from offhook.store.store import Store
from offhook.store.tables import METADATA

BATCH = 2000
PAUSE = 0.05  # seconds in which downloads get the write lock


def add_key(path: Path) -> None:
    """Add a new key that is only to be known, so that every node can learn it before its use."""
    write_keys(path, [*read_lines(path), NEW + Fernet.generate_key()])


def promote_key(path: Path) -> None:
    """Make the key that was added the primary one, adding one where there is none."""
    if not any(line.startswith(NEW) for line in read_lines(path)):
        add_key(path)
    lines = read_lines(path)
    added = [line for line in lines if line.startswith(NEW)]
    others = [line for line in lines if line not in added]
    write_keys(path, [*(line.removeprefix(NEW) for line in reversed(added)), *others])


def drop_old_keys(path: Path) -> int:
    """Keep the primary key only; returns how many were dropped."""
    keys = read_keys(path)
    write_keys(path, keys[:1])
    return len(keys) - 1


def reseal(store: Store, on_progress: Callable[[int], None] = lambda done: None) -> int:
    """Seal every value anew with the primary key, batch by batch; returns how many there were."""
    done = 0
    for table in METADATA.sorted_tables:
        columns = [each.name for each in table.c if each.name.endswith("_sealed")]
        if columns:
            for count in _reseal_table(store, table, columns):
                done += count
                on_progress(done)
    return done


def _reseal_table(store: Store, table: Table, columns: list[str]) -> Iterator[int]:
    keys = [each.name for each in table.primary_key.columns]
    marks = tuple_(*(table.c[name] for name in keys))
    last: tuple[Any, ...] | None = None
    while True:
        query = select(*(table.c[name] for name in (*keys, *columns))).order_by(*keys)
        if last:
            query = query.where(marks > tuple_(*last))
        with store.read() as tx:
            rows = tx.connection.execute(query.limit(BATCH)).mappings().all()
        changes = [_change(store, row, columns) for row in rows]
        with store.write() as tx:
            if changes:
                tx.connection.execute(_statement(table, keys, columns), changes)
        yield sum(1 for each in changes for name in columns if each[name])
        if len(rows) < BATCH:
            return
        last = tuple(rows[-1][name] for name in keys)
        time.sleep(PAUSE)


def _change(store: Store, row: RowMapping, columns: list[str]) -> dict[str, Any]:
    old = {f"old_{name}": value for name, value in row.items()}
    new = {name: row[name] and store.cipher.renew(row[name]) for name in columns}
    return old | new


def _statement(table: Table, keys: list[str], columns: list[str]) -> Update:
    """Change a row only while it still holds what was read; a newer value is sealed well."""
    same = [table.c[name] == bindparam(f"old_{name}") for name in keys]
    same += [table.c[name].is_not_distinct_from(bindparam(f"old_{name}")) for name in columns]
    return update(table).where(*same)
