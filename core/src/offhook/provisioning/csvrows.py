"""Rows of a users CSV file become values, or bad cells that say what is wrong."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from offhook.errors import InvalidInput, Problem
from offhook.model.described import Description
from offhook.model.profiles import Profile
from offhook.provisioning.csvcolumns import FIELDS, ID, KNOWN, PASSWORDS, PROFILE, TITLES
from offhook.provisioning.users import MANDATORY
from offhook.sheets.columns import Columns, match_columns
from offhook.sheets.csvfile import Row, Sheet
from offhook.sheets.guards import unguard

_OUR_ID = re.compile(r"[0-9a-f]{32}")
_SHOWN = 200  # characters of a bad cell: ten thousand are kept


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


@frozen
class BadCell:
    """A cell that cannot be used: row as a spreadsheet counts, column, value (masked), reason."""

    row: int
    column: str
    value: str = field(converter=_shorten)
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


class RowReader:
    """
    Reads the rows of one file.

    *profiles* (by name) are given where each row names one of them, *installation* where each row
    overwrites a user: the start of the ids that this installation made. ``unread`` names columns
    that mean nothing here; ``empty`` holds the fields whose columns had no value in any row so far.
    Raises `InvalidInput` where a column is missing.
    """

    def __init__(self, sheet: Sheet, profiles: Mapping[str, Profile], installation: str) -> None:
        self._profiles = profiles
        self._installation = installation
        self._mandatory = () if installation else MANDATORY
        columns = match_columns(sheet.header, KNOWN)
        needed = self._mandatory or (ID,)
        _check_columns(sheet, columns, [*needed, PROFILE] if profiles else needed)
        self.unread = columns.unknown
        self.titles = {name: sheet.header[at] for name, at in columns.positions.items()}
        self._at = columns.positions
        self._fields = [(FIELDS[name], at) for name, at in self._at.items() if name in FIELDS]
        self.empty = {each.name for each, _ in self._fields}

    def read(self, row: Row) -> ReadRow:
        """Return what *row* says, with every bad cell."""
        found = ReadRow(row.number)
        if row.fault:
            found.bad.append(BadCell(row.number, "", "", row.fault))
            return found
        for each, at in self._fields:
            text = row.values[at]
            if each.name in self.empty and text.strip():
                self.empty.remove(each.name)
            try:
                found.values[each.name] = self._parse(each, text)
            except ValueError as error:
                self._refuse(found, each.name, "****" if each.secret else text, str(error))
        if self._profiles:
            self._read_profile(row, found)
        if self._installation:
            self._read_id(row, found)
        return found

    def _parse(self, each: Description, text: str) -> Any:
        if text and text[0] == "'" and each.name not in PASSWORDS:
            text = unguard(text)
        value = each.parse(text) if text else each.default
        if not value and each.name in self._mandatory:
            raise ValueError("mandatory")
        return value

    def _read_profile(self, row: Row, found: ReadRow) -> None:
        name = unguard(row.values[self._at[PROFILE]].strip())
        found.profile = self._profiles.get(name)
        if not found.profile:
            known = ", ".join(self._profiles)
            reason = f"there is no such profile; there are {known}" if name else "mandatory"
            self._refuse(found, PROFILE, name, reason)

    def _read_id(self, row: Row, found: ReadRow) -> None:
        text = unguard(row.values[self._at[ID]].strip())
        if not text:
            reason = "empty; to overwrite, each row needs the ID from an export"
        elif not _OUR_ID.fullmatch(text) or not text.startswith(self._installation):
            reason = "not an ID of this installation; export the users here and edit that file"
        else:
            found.id = text
            return
        self._refuse(found, ID, text, reason)

    def _refuse(self, found: ReadRow, name: str, shown: str, reason: str) -> None:
        found.bad.append(BadCell(found.number, self.titles[name], shown, reason))


def _check_columns(sheet: Sheet, columns: Columns, needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in columns.positions]
    if not missing:
        return
    problems = [Problem(f"column {TITLES[name]!r}", "", "missing") for name in missing]
    unknown = ", ".join(columns.unknown)
    raise InvalidInput(
        f"{sheet.path} cannot be imported:",
        problems,
        hint=f"Not known: {unknown}." if unknown else "Get the columns with a template or export.",
    )
