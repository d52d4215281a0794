"""Users from a CSV file: checked row by row, staged unseen, and switched on all at once."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path

from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.provisioning import profiles
from offhook.provisioning.csvchecks import MOST_BAD_CELLS, MOST_WARNINGS, Checker, ImportReport
from offhook.provisioning.csvcolumns import ID, PROFILE
from offhook.provisioning.csvrows import BadCell, ReadRow, RowReader
from offhook.provisioning.installation import INSTALLATION
from offhook.provisioning.pacing import BATCH, PacedWrites
from offhook.sheets.csvfile import Sheet, open_sheet
from offhook.store.imports import StagedUser, seal_rows
from offhook.store.store import Store, Transaction

FROM_CSV = "From CSV"


def import_csv(
    store: Store,
    plugins: Plugins,
    path: Path,
    *,
    partial: bool = False,
    overwrite: bool = False,
    profile: str = "",
    dry_run: bool = False,
    actor: str,
    now: datetime,
    on_progress: Callable[[int, int], object] = lambda done, total: None,
    proceed: Callable[[Sequence[str]], bool] = lambda losses: True,
) -> ImportReport:
    """
    Add the users of a CSV file, or overwrite those whose IDs it names.

    A column that is absent leaves its field alone; a cell that is empty clears it. Without
    *partial*, one bad cell keeps all rows out. *profile* is a name, `FROM_CSV` for a column of the
    file, or nothing: then new users get the default profile and others keep theirs. *proceed* is
    asked before any user changes, and told which columns are empty in every row and clear what
    users have. Raises `InvalidInput`
    for a file that is no table of users, and for one with more than 10,000 bad cells.
    """
    sheet = open_sheet(path)
    with store.read() as tx:
        reader, checker = _prepare(tx, plugins, sheet, overwrite, profile, now)
    report = checker.report
    with _begin(store, now) as (import_id, writes):
        rows = map(reader.read, sheet.rows())
        while batch := list(islice(rows, BATCH)):
            checked = _check(store, checker, batch) if overwrite else map(checker.add, batch)
            sealed = seal_rows(import_id, filter(None, checked), store.cipher)
            with writes.write(durable=False) as tx:
                tx.imports.stage(sealed)
            on_progress(batch[-1].number, sheet.lines)
        if overwrite:
            _refuse_repeated(store, writes, import_id, checker)
        else:
            _warn_of_duplicates(store, import_id, checker)
        losses = _losses(reader, checker)
        report.warnings[:0] = losses
        report.refused, report.dry_run = bool(report.bad) and not partial, dry_run
        stays = report.refused or dry_run
        if not stays and not proceed(losses):
            raise InvalidInput("Nothing was imported.", hint="Delete the columns that are empty.")
        with writes.write() as tx:
            _finish(tx, import_id, checker, actor, now)
    return report


def _prepare(
    tx: Transaction,
    plugins: Plugins,
    sheet: Sheet,
    overwrite: bool,
    profile: str,
    now: datetime,
) -> tuple[RowReader, Checker]:
    """Return what reads and what checks the rows of *sheet*."""
    known = {each.name: each for each in tx.profiles.all()}
    installation = tx.values.get(INSTALLATION)
    from_csv = profile == FROM_CSV
    chosen = None
    if not from_csv and (profile or not overwrite):
        chosen = profiles.get(tx, profile or profiles.DEFAULT)
    reader = RowReader(sheet, known if from_csv else {}, installation if overwrite else "")
    report = ImportReport(
        path=sheet.path, encoding=sheet.encoding, separator=sheet.separator, unread=reader.unread
    )
    if PROFILE in reader.titles and not from_csv:
        title = reader.titles[PROFILE]
        report.warnings.append(f"The column {title!r} is not read: for that, choose {FROM_CSV!r}.")
    return reader, Checker(
        plugins,
        known,
        chosen,
        titles=reader.titles,
        installation=installation,
        report=report,
        now=now,
    )


@contextmanager
def _begin(store: Store, now: datetime) -> Iterator[tuple[str, PacedWrites]]:
    """Begin an import; whatever happens, nothing of it stays staged."""
    writes = PacedWrites(store)
    import_id = secrets.token_hex(8)
    with writes.write() as tx:
        tx.imports.begin(import_id, now)
    try:
        yield import_id, writes
    finally:
        with writes.write(durable=False) as tx:
            tx.imports.end(import_id)


def _check(store: Store, checker: Checker, rows: Sequence[ReadRow]) -> Iterator[StagedUser | None]:
    """Yield what each row makes of the user whose ID it has."""
    with store.read() as tx:
        found = {user.id: user for user in tx.users.get([row.id for row in rows if row.id])}
    return (checker.overwrite(row, found.get(row.id)) for row in rows)


def _refuse_repeated(store: Store, writes: PacedWrites, import_id: str, checker: Checker) -> None:
    """Refuse rows that overwrite the same user as an earlier one."""
    with store.read() as tx:
        again = tx.imports.repeated(import_id, MOST_BAD_CELLS + 1)
    for line, (user_id, first) in again.items():
        reason = f"row {first} has the same ID"
        checker.report.refuse([BadCell(line, checker.titles[ID], user_id, reason)])
    if again:
        with writes.write(durable=False) as tx:
            tx.imports.unstage(import_id, again)


def _warn_of_duplicates(store: Store, import_id: str, checker: Checker) -> None:
    """Warn of rows whose number or address a user or another row has, too."""
    warnings = []
    for name in ("number", "email"):
        with store.read() as tx:
            total, found = tx.imports.duplicates(import_id, name, MOST_WARNINGS)
        for each in found:
            where = "a user has it" if each.known else f"{each.times} rows of the file have it"
            warnings.append(f"row {each.line}, {checker.titles[name]} {each.value!r}: {where}")
        checker.report.more_warnings += total - len(found)
    checker.report.warnings[:0] = warnings


def _losses(reader: RowReader, checker: Checker) -> list[str]:
    """Say which columns are wholly empty and take something from users."""
    rows = f"in all {checker.report.rows:,} rows"
    return [
        f"The column {title!r} is empty {rows}: it clears the field of "
        f"{checker.cleared[name]:,} users (without the column, they keep it)."
        for name, title in reader.titles.items()
        if name in reader.empty and checker.cleared[name]
    ]


def _finish(tx: Transaction, import_id: str, checker: Checker, actor: str, now: datetime) -> None:
    """Make the staged rows users, unless none may be; count them."""
    report = checker.report
    if report.refused:
        return
    if report.dry_run:
        counts = tx.imports.counts(import_id)
    else:
        counts = tx.imports.switch(import_id, checker.differing, now)
        detail = f"{counts.added} added, {counts.changed} changed"
        tx.audit.add(now, actor, "users imported", report.path.name, detail)
    report.added, report.changed, report.unchanged = counts.added, counts.changed, counts.unchanged
