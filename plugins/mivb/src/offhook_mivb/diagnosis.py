"""Looks at the source, then at who is in it, and says what it found."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from offhook.api import (
    Connection,
    Finding,
    OffhookError,
    diagnose_directory,
    diagnose_records,
)
from offhook_mivb.options import Options
from offhook_mivb.people import read_people
from offhook_mivb.sources import attributes, columns, filter_of, read_rows
from offhook_mivb.tallies import Tally, remark, summarize

_FIRST = 5000  # entries of a directory: somebody is waiting
_EXPECTED = ("login", "last_name", "number", "email", "role")


def examine(connection: Connection[Options], *, now: datetime) -> Iterator[Finding]:
    """Yield what is found step by step; the first failure ends it."""
    for finding in _examine_source(connection.options, now):
        yield finding
        if finding.level == "failure":
            return
    try:
        yield from _examine_people(connection)
    except OffhookError as error:
        yield Finding(
            level="failure",
            code="mivb-users",
            summary=str(error),
            meaning="No users can be read until this is put right.",
            action=error.hint,
        )


def _examine_source(options: Options, now: datetime) -> Iterator[Finding]:
    if options.source == "file":
        return diagnose_records(Path(options.file), columns(options), now=now)
    names = [names[0] for field, names in attributes(options).items() if field in _EXPECTED]
    return diagnose_directory(
        options.directory, options.base_dn, filter_of(options), names, now=now
    )


def _examine_people(connection: Connection[Options]) -> Iterator[Finding]:
    tally = Tally(connection.options)
    whole = connection.options.source == "file"
    rows = read_rows(connection.options)
    for each in read_people(connection, tally.rows_of(rows if whole else islice(rows, _FIRST))):
        tally.count(each)
    cut = not whole and tally.rows == _FIRST
    yield summarize(tally, f" of the first {_FIRST:,} entries" if cut else "")
    yield from remark(tally)
