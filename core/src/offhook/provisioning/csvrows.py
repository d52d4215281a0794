"""Rows of a users CSV file become values, or bad cells that say what is wrong."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field, frozen

from offhook.errors import InvalidInput, Problem
from offhook.model.profiles import Profile
from offhook.provisioning.csvcolumns import FIELDS, ID, KNOWN, PASSWORDS, PROFILE, TITLES
from offhook.provisioning.users import MANDATORY
from offhook.sheets.columns import Columns, match_columns
from offhook.sheets.csvfile import Row, Sheet
from offhook.sheets.guards import unguard

_OUR_ID = re.compile(r"[0-9a-f]{32}")


@frozen
class BadCell:
    """A cell that cannot be used: row as a spreadsheet counts, column, value (masked), reason."""

    row: int
    column: str
    value: str
    reason: str

    @property
    def problem(self) -> Problem:
        """The same as a problem of the file."""
        place = f"row {self.row}, {self.column}" if self.column else f"row {self.row}"
        return Problem(place, self.value, self.reason)


@define
class ReadRow:
    """What a row says: values of the fields that are columns; ``bad`` where it cannot be used."""

    number: int
    values: dict[str, Any] = field(factory=dict)
    id: str = ""
    profile: Profile | None = None
    bad: list[BadCell] = field(factory=list)


@frozen
class _Cell:
    name: str
    index: int
    title: str
    parse: Callable[[str], Any]
    secret: bool
    guarded: bool
    mandatory: bool
    empty: Any


class RowReader:
    """
    Reads the rows of one file; ``unread`` names columns that are not read, with the nearest name.

    *profiles* (by name) are read from a column where they are given, *installation* where each row
    overwrites a user: the start of the ids that this installation made. Raises `InvalidInput`
    where a column is missing.
    """

    def __init__(
        self, sheet: Sheet, profiles: Mapping[str, Profile] | None, installation: str | None
    ) -> None:
        self._profiles = profiles
        self._installation = installation
        columns = match_columns(sheet.header, KNOWN)
        needed = [ID] if installation is not None else [*MANDATORY]
        _check_columns(sheet, columns, [*needed, *([PROFILE] if profiles else [])])
        self.unread = tuple(map(str, columns.unknown))
        self.titles = {name: sheet.header[at] for name, at in columns.positions.items()}
        self._at = columns.positions
        self._cells = [
            _Cell(
                name=name,
                index=columns.positions[name],
                title=self.titles[name],
                parse=each.parse,
                secret=each.secret,
                guarded=name not in PASSWORDS,
                mandatory=name in MANDATORY,
                empty=each.default,
            )
            for name, each in FIELDS.items()
            if name in columns.positions
        ]

    def read(self, row: Row) -> ReadRow:
        """Return what *row* says, with every bad cell."""
        found = ReadRow(row.number)
        if row.fault:
            found.bad.append(BadCell(row.number, "", "", row.fault))
            return found
        for cell in self._cells:
            text = row.values[cell.index]
            if text and cell.guarded and text[0] == "'":
                text = unguard(text)
            try:
                value = cell.parse(text) if text else cell.empty
                if not value and cell.mandatory:
                    raise ValueError("mandatory")
                found.values[cell.name] = value
            except ValueError as error:
                shown = "****" if cell.secret else text
                found.bad.append(BadCell(row.number, cell.title, shown, str(error)))
        if self._profiles is not None:
            self._read_profile(row, found)
        if self._installation is not None:
            self._read_id(row, found)
        return found

    def find_empty(self, sheet: Sheet) -> tuple[list[str], int]:
        """Return the names of optional columns without any value, and the number of rows."""
        candidates = [cell for cell in self._cells if not cell.mandatory]
        count = 0
        for row in sheet.rows():
            if not candidates:
                break
            count += 1
            if not row.fault:
                candidates = [cell for cell in candidates if not row.values[cell.index].strip()]
        return [cell.title for cell in candidates], count

    def _read_profile(self, row: Row, found: ReadRow) -> None:
        name = unguard(row.values[self._at[PROFILE]].strip())
        found.profile = (self._profiles or {}).get(name)
        if not found.profile:
            known = ", ".join(self._profiles or ())
            reason = f"there is no such profile; there are {known}" if name else "mandatory"
            found.bad.append(BadCell(row.number, self.titles[PROFILE], name, reason))

    def _read_id(self, row: Row, found: ReadRow) -> None:
        found.id = unguard(row.values[self._at[ID]].strip())
        if not found.id:
            reason = "empty; to overwrite, each row needs the ID from an export"
        elif not _OUR_ID.fullmatch(found.id) or not found.id.startswith(self._installation or ""):
            reason = "not an ID of this installation; export the users here and edit that file"
        else:
            return
        found.bad.append(BadCell(row.number, self.titles[ID], found.id, reason))


def _check_columns(sheet: Sheet, columns: Columns, needed: list[str]) -> None:
    missing = [name for name in needed if name not in columns.positions]
    if not missing:
        return
    problems = [Problem(f"column {TITLES[name]!r}", "", "missing") for name in missing]
    unknown = ", ".join(map(str, columns.unknown))
    raise InvalidInput(
        f"{sheet.path} cannot be imported:",
        problems,
        hint=f"Not known: {unknown}." if unknown else "Get the columns with a template or export.",
    )
