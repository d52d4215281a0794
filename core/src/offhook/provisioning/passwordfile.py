"""Step 3: passwords from an operator's file, for users whose PBX or gateway hands none out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import Factory, define, frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.model.described import describe
from offhook.model.users import User, UserFields
from offhook.provisioning import connections
from offhook.provisioning.csvcolumns import KNOWN
from offhook.provisioning.csvrows import BadCell
from offhook.provisioning.pacing import BATCH, PacedWrites
from offhook.provisioning.sitesettings import gateway_of
from offhook.provisioning.users import why_locked
from offhook.sheets.columns import match_columns
from offhook.sheets.csvfile import open_sheet
from offhook.sheets.records import Record
from offhook.store.store import Store

ACCOUNT = (
    "pbx_username",
    "pbx_password",
    "gateway_username",
    "gateway_password",
    "client_service_username",
    "client_service_password",
)
MOST_BAD = 1000
_FIELDS = describe(UserFields)
_COLUMNS = {name: KNOWN[name] for name in ("number", *ACCOUNT)}


@define(kw_only=True)
class FileReport:
    """How many rows there were and whose users changed; with a bad cell, nobody did."""

    rows: int = 0
    changed: int = 0
    unchanged: int = 0
    dry_run: bool = False
    bad: list[BadCell] = Factory(list)

    @property
    def refused(self) -> bool:
        """Whether nothing was changed, because of bad cells."""
        return bool(self.bad)


def import_file(
    store: Store,
    plugins: Plugins,
    path: Path,
    source: str,
    *,
    dry_run: bool = False,
    actor: str,
    now: datetime,
) -> FileReport:
    """
    Give users of *source*, or those who register at it, what the CSV file says by directory number.

    Without numbers the end of the set-side name tells: smithj-7328. An empty cell leaves a field
    alone. All rows are checked first; one bad cell keeps all out. Raises `InvalidInput` for a file
    that is no such table.
    """
    report = FileReport(dry_run=dry_run)
    whose = _Whose.of(store, plugins, source)
    seen: dict[str, int] = {}
    for rows in _batches(path):
        _work(store, whose, rows, report, seen)
    if report.refused or dry_run:
        return report
    writes = PacedWrites(store)
    for rows in _batches(path):
        found = whose.find(store, rows)
        with writes.write() as tx:
            for row in rows:
                (user,) = found[row.values["number"]]
                if changes := _changes(user, _values(row)):
                    tx.users.change(user, changes)
            tx.audit.add(now, actor, "passwords imported", source, f"{len(rows)} rows")
    return report


@frozen
class _Whose:
    """The users of a PBX, or (by their ``profiles``) those who register at a gateway."""

    source: str
    profiles: tuple[str, ...] | None = None

    @classmethod
    def of(cls, store: Store, plugins: Plugins, source: str) -> "_Whose":
        """Return whose passwords a file for *source* holds; raises `UnknownName`."""
        with store.read() as tx:
            stored = connections.find(tx, source)
            if not plugins.implements(stored.plugin, connections.FETCHES):
                return cls(source)
            named = (each for each in tx.profiles.all() if gateway_of(tx, each) == source)
            return cls(source, tuple(each.id for each in named))

    def find(self, store: Store, rows: Sequence[Record]) -> dict[str, list[User]]:
        """Return the users that *rows* mean, by directory number."""
        numbers = [row.values.get("number", "") for row in rows]
        found = defaultdict[str, list[User]](list)
        with store.read() as tx:
            if self.profiles is None:
                users = tx.imported.by_number(self.source, numbers)
            else:
                users = tx.imported.in_profiles(self.profiles, numbers)
        for user in users:
            found[user.number].append(user)
        return found


def _batches(path: Path) -> Iterator[list[Record]]:
    rows = _rows(path)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _rows(path: Path) -> Iterator[Record]:
    """Yield the rows of the file; nothing is cut off a password."""
    sheet = open_sheet(path)
    places = match_columns(sheet.header, _COLUMNS).positions
    if not {"number", "gateway_username"} & places.keys():
        title = _COLUMNS["number"][0]
        raise InvalidInput(f"{path} has no column {title!r}.", hint="It says whose password it is.")
    for row in sheet.rows():
        values = {} if row.fault else {name: row.values[at] for name, at in places.items()}
        values["number"] = _number(values)
        yield Record(row.number, values, row.fault)


def _number(values: Mapping[str, str]) -> str:
    """Return the directory number of a row; where it has none, the end of its set-side name."""
    if "number" in values:
        return values["number"].strip()
    return values.get("gateway_username", "").rpartition("-")[2].strip()


def _work(
    store: Store, whose: _Whose, rows: Sequence[Record], report: FileReport, seen: dict[str, int]
) -> None:
    """Check a batch; count what it would change."""
    found = whose.find(store, rows)
    for row in rows:
        report.rows += 1
        number = row.values.get("number", "")
        bad = _check(row, number, found, seen, whose.source)
        seen.setdefault(number, row.number)
        if bad:
            report.bad += bad[: MOST_BAD - len(report.bad)]
        elif _changes(found[number][0], _values(row)):
            report.changed += 1
        else:
            report.unchanged += 1


def _check(
    row: Record, number: str, found: Mapping[str, list[User]], seen: Mapping[str, int], source: str
) -> list[BadCell]:
    title = _COLUMNS["number"][0]
    if row.fault:
        return [BadCell(row.number, "", "", row.fault)]
    if number in seen:
        return [BadCell(row.number, title, number, f"row {seen[number]} has it, too")]
    holders = found.get(number, [])
    if len(holders) != 1:
        who = "several users of {} have" if holders else "no user of {} has"
        return [BadCell(row.number, title, number, f"{who.format(source)} this number")]
    found_bad = ((name, _why_not(name, value, holders[0])) for name, value in row.values.items())
    return [
        BadCell(row.number, _COLUMNS[name][0], _shown(name, row.values[name]), reason)
        for name, reason in found_bad
        if reason
    ]


def _why_not(name: str, value: str, user: User) -> str:
    try:
        parsed = _FIELDS[name].parse(value)
    except ValueError as error:
        return str(error)
    return why_locked(user, name) if value and parsed != getattr(user, name) else ""


def _shown(name: str, value: str) -> str:
    return "****" if _FIELDS[name].secret else value


def _values(row: Record) -> dict[str, Any]:
    return {name: _FIELDS[name].parse(row.values[name]) for name in ACCOUNT if row.values.get(name)}


def _changes(user: User, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != getattr(user, name)}
