"""Goes through a file of users step by step and says what it found."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from offhook.errors import InvalidInput
from offhook.model.findings import Finding, Level
from offhook.sheets.encodings import check_file
from offhook.sheets.records import open_table
from offhook.sheets.tables import Table, require, shown

_OLD = 30  # days


def diagnose_records(
    path: Path,
    names: Mapping[str, Sequence[str]],
    *,
    sheets: Sequence[str] = (),
    required: Sequence[str] = (),
    now: datetime,
) -> Iterator[Finding]:
    """
    Yield a finding per step: readable, age, columns, rows; the first failure ends it.

    *path*, *names* and *sheets* are those of `read_records`; the fields *required* must have a
    column.
    """
    step = "readable"
    try:
        found = check_file(path)
        with open_table(path, names, sheets=sheets) as table:
            where = f"{path}, sheet {table.sheet!r}," if table.sheet else f"{path}"
            yield _say("ok", step, f"{where} can be read.")
            yield _age(path, datetime.fromtimestamp(found.st_mtime, UTC), now)
            step = "columns"
            require(table, names, required)
            yield _columns(table, names)
            step = "rows"
            yield _rows(path, table)
    except InvalidInput as error:
        yield _failure(step, str(error), error.hint)


def _age(path: Path, written: datetime, now: datetime) -> Finding:
    days = (now - written).days
    summary = f"{path} was written {days} days ago, on {written:%Y-%m-%d}."
    if days < _OLD:
        return _say("ok", "age", summary)
    meaning = "Who has come, changed or gone since then is not known."
    return _say("warning", "age", summary, meaning, "Export the users again.")


def _columns(table: Table, names: Mapping[str, Sequence[str]]) -> Finding:
    missing = [accepted[0] for field, accepted in names.items() if field not in table.columns]
    if not missing:
        return _say("ok", "columns", "Every known column is there.")
    unread = f" It also has {shown(table.unknown)}." if table.unknown else ""
    summary = f"There is no column {shown(missing)}.{unread}"
    action = "Where one has another name here, say so in the option facts."
    return _say("note", "columns", summary, "What it would say is not known.", action)


def _rows(path: Path, table: Table) -> Finding:
    count, faulty, first = 0, 0, ""
    for record in table.records:
        count += 1
        if record.fault:
            faulty += 1
            first = first or f"{record.number}: {record.fault}"
    if not count:
        return _failure("rows", f"{path} has no rows below its header.", "Export the users again.")
    if not faulty:
        return _say("ok", "rows", f"All {count:,} rows can be read.")
    summary = f"{faulty:,} of {count:,} rows cannot be read. The first is {first}."
    return _say("warning", "rows", summary, "These users are left out.", "Correct the file.")


def _failure(step: str, summary: str, action: str) -> Finding:
    meaning = "No users can be read until this is put right."
    return _say("failure", step, summary, meaning, action)


def _say(level: Level, step: str, summary: str, meaning: str = "", action: str = "") -> Finding:
    return Finding(
        level=level, code=f"file-{step}", summary=summary, meaning=meaning, action=action
    )
