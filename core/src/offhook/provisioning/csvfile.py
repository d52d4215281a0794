"""Users from a CSV file: checked row by row, staged unseen, and switched on all at once."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial as bind
from itertools import islice
from pathlib import Path

from attrs import frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.model.users import User
from offhook.provisioning import profiles, users
from offhook.provisioning.csvchecks import MOST_BAD_CELLS, MOST_WARNINGS, Checker, Findings
from offhook.provisioning.csvcolumns import ID, PROFILE
from offhook.provisioning.csvrows import BadCell, ReadRow, RowReader
from offhook.provisioning.installation import INSTALLATION
from offhook.provisioning.pacing import BATCH, PacedWrites
from offhook.sheets.csvfile import Sheet, open_sheet
from offhook.store.imports import Counts, StagedUser, seal_rows
from offhook.store.store import Store, Transaction

FROM_CSV = "From CSV"
Progress = Callable[[int, int], object]
_NOTHING = Counts(0, 0, 0)
_SWEEP = 5 * BATCH  # deleting a row costs a tenth of storing one


@frozen(kw_only=True)
class ImportReport:
    """
    What an import did, or with ``dry_run`` would do.

    ``refused`` says that bad cells keep all rows out. ``skipped`` counts bad rows, ``unchanged``
    rows that say what their user is anyway, ``incomplete`` users who cannot be deployed yet.
    ``warnings`` holds the first thousand, ``more_warnings`` counts the others; ``unread`` names
    columns that mean nothing here.
    """

    path: Path
    encoding: str
    separator: str
    dry_run: bool
    refused: bool
    rows: int
    added: int
    changed: int
    unchanged: int
    skipped: int
    incomplete: int
    bad: tuple[BadCell, ...]
    warnings: tuple[str, ...]
    more_warnings: int
    unread: tuple[str, ...]


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
    on_progress: Progress = lambda done, total: None,
    proceed: Callable[[Sequence[str]], bool] = lambda warnings: True,
) -> ImportReport:
    """
    Add the users of a CSV file, or overwrite those whose IDs it names.

    A column that is absent leaves its field alone; a cell that is empty clears it. Without
    *partial*, one bad cell keeps all rows out. *profile* is a name, `FROM_CSV` for a column of the
    file, or nothing: then new users get the default profile and others keep theirs. *proceed* is
    handed the warnings of wholly empty columns before anything is stored. Raises `InvalidInput`
    for a file that is no table of users, and for one with more than 10,000 bad cells.
    """
    sheet = open_sheet(path)
    findings = Findings(path)
    with store.read() as tx:
        reader, checker = _prepare(
            tx, plugins, sheet, findings, overwrite=overwrite, profile=profile, now=now
        )
    _look_at_columns(sheet, reader, findings, overwrite=overwrite, from_csv=profile == FROM_CSV)
    if findings.warnings and not proceed(findings.warnings):
        raise InvalidInput("Nothing was imported.", hint="Delete the columns that are empty.")
    with _begin(store, now) as (import_id, writes):
        for rows in _check(store, sheet, reader, checker, overwrite, on_progress):
            sealed = seal_rows(import_id, rows, store.cipher)
            with writes.write() as tx:
                tx.imports.stage(sealed)
        if overwrite:
            _refuse_repeated(store, writes, import_id, reader, findings)
        else:
            _warn_of_duplicates(store, import_id, reader, findings)
        refused = bool(findings.bad) and not partial
        with writes.write() as tx:
            counts = _NOTHING if refused else tx.imports.counts(import_id)
            if not (refused or dry_run):
                tx.imports.switch(import_id, checker.differing, now)
                tx.audit.add(now, actor, "users imported", path.name, _say(counts))
    return _report(sheet, reader, findings, counts, dry_run=dry_run, refused=refused)


def _prepare(
    tx: Transaction,
    plugins: Plugins,
    sheet: Sheet,
    findings: Findings,
    *,
    overwrite: bool,
    profile: str,
    now: datetime,
) -> tuple[RowReader, Checker]:
    """Return what reads and what checks the rows of *sheet*."""
    known = {each.name: each for each in tx.profiles.all()}
    installation = tx.values.get(INSTALLATION)
    chosen = None
    if profile != FROM_CSV and (profile or not overwrite):
        chosen = profiles.get(tx, profile or profiles.DEFAULT)
    reader = RowReader(
        sheet, known if profile == FROM_CSV else None, installation if overwrite else None
    )
    checker = Checker(
        plugins,
        known,
        chosen,
        titles=reader.titles,
        make_id=bind(users.new_id, installation),
        findings=findings,
        now=now,
    )
    return reader, checker


def _look_at_columns(
    sheet: Sheet, reader: RowReader, findings: Findings, *, overwrite: bool, from_csv: bool
) -> None:
    """Warn of columns that are wholly empty, and of one that is not read."""
    titles, rows = reader.find_empty(sheet)
    loss = f"it clears the field of {rows:,} users (without the column, they keep it)"
    for title in titles:
        text = f"The column {title!r} is empty in all {rows:,} rows"
        findings.warn(f"{text}: {loss}." if overwrite else f"{text}.")
    if PROFILE in reader.titles and not from_csv:
        title = reader.titles[PROFILE]
        findings.warn(f"The column {title!r} is not read: for that, choose {FROM_CSV!r}.")


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
        with writes.write() as tx:
            tx.imports.end(import_id)
        swept = _SWEEP
        while swept == _SWEEP:
            with writes.write() as tx:
                swept = tx.imports.sweep(_SWEEP)


def _check(
    store: Store,
    sheet: Sheet,
    reader: RowReader,
    checker: Checker,
    overwrite: bool,
    on_progress: Progress,
) -> Iterator[list[StagedUser]]:
    """Yield the good rows of the file in batches; those without any are left out."""
    rows = map(reader.read, sheet.rows())
    while batch := list(islice(rows, BATCH)):
        if overwrite:
            found = _users_of(store, batch)
            checked = [checker.overwrite(row, found.get(row.id)) for row in batch]
        else:
            checked = [checker.add(row) for row in batch]
        yield [row for row in checked if row]
        on_progress(batch[-1].number, sheet.lines)


def _users_of(store: Store, rows: Sequence[ReadRow]) -> dict[str, User]:
    with store.read() as tx:
        return {user.id: user for user in tx.users.get([row.id for row in rows if row.id])}


def _refuse_repeated(
    store: Store, writes: PacedWrites, import_id: str, reader: RowReader, findings: Findings
) -> None:
    """Refuse rows that overwrite the same user as an earlier one."""
    with store.read() as tx:
        again = tx.imports.repeated(import_id, MOST_BAD_CELLS + 1)
    for row in again:
        reason = f"row {row.first} has the same ID"
        findings.refuse([BadCell(row.line, reader.titles[ID], row.user_id, reason)])
    for start in range(0, len(again), BATCH):
        with writes.write() as tx:
            tx.imports.unstage(import_id, [row.line for row in again[start : start + BATCH]])


def _warn_of_duplicates(
    store: Store, import_id: str, reader: RowReader, findings: Findings
) -> None:
    """Warn of rows whose number or address a user or another row has, too."""
    for name in ("number", "email"):
        with store.read() as tx:
            total, found = tx.imports.duplicates(import_id, name, MOST_WARNINGS)
        for each in found:
            where = "a user has it" if each.known else f"{each.times} rows of the file have it"
            findings.warn(f"row {each.line}, {reader.titles[name]} {each.value!r}: {where}")
        findings.more_warnings += total - len(found)


def _say(counts: Counts) -> str:
    return f"{counts.added} added, {counts.changed} changed"


def _report(
    sheet: Sheet,
    reader: RowReader,
    findings: Findings,
    counts: Counts,
    *,
    dry_run: bool,
    refused: bool,
) -> ImportReport:
    return ImportReport(
        path=sheet.path,
        encoding=sheet.encoding,
        separator=sheet.separator,
        dry_run=dry_run,
        refused=refused,
        rows=findings.rows,
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        skipped=findings.skipped,
        incomplete=findings.incomplete,
        bad=tuple(findings.bad),
        warnings=tuple(findings.warnings),
        more_warnings=findings.more_warnings,
        unread=reader.unread,
    )
