"""What a row of any table says about the fields that are asked for, as clean texts."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from attrs import define, frozen

from offhook.errors import InvalidInput
from offhook.sheets.columns import Columns
from offhook.sheets.csvfile import Row
from offhook.sheets.guards import unguard

_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
_FLOAT = re.compile(r"(\d+)[.,]0+")
_ROUNDED = re.compile(r"\d+[.,]?\d*E\+\d+", re.IGNORECASE)
_AS_TEXT = "format the column as text and enter the value again"
# Faults never show the value: it may be a password.
_ROUNDED_FAULT = f"holds a number that a spreadsheet program has rounded: {_AS_TEXT}"
_DIGITS = 15  # a spreadsheet program keeps no more of a number


@define  # not frozen: a frozen one takes three times as long to make
class Record:
    """
    A row or entry; ``number`` is its number as a spreadsheet program or a person counts it.

    ``values`` holds the text of every field that has a column, empty where the cell is. ``fault``
    says what is wrong with the row; the values that cannot be read are then empty or absent.
    """

    number: int
    values: dict[str, str]
    fault: str = ""


@frozen
class Table:
    """
    A table whose header is known; ``records`` can be read once.

    ``sheet`` is its name where the file has several. ``columns`` says what the column of each field
    is called, ``unknown`` which columns are not read.
    """

    sheet: str
    columns: Mapping[str, str]
    unknown: tuple[str, ...]
    records: Iterator[Record]


def make_table(sheet: str, header: Sequence[str], columns: Columns, rows: Iterable[Row]) -> Table:
    """Return the table with *header* above *rows*, whose cells are texts or of a cell's type."""
    named = {field: " ".join(header[index].split()) for field, index in columns.positions.items()}
    places = [(field, index, named[field]) for field, index in columns.positions.items()]
    return Table(sheet, named, columns.unknown, (_make_record(row, places) for row in rows))


def require(table: Table, names: Mapping[str, Sequence[str]], fields: Sequence[str]) -> None:
    """Raise `InvalidInput` unless *table* has a column for each of *fields*."""
    missing = [" or ".join(map(repr, names[each])) for each in fields if each not in table.columns]
    if missing:
        raise InvalidInput(
            f"There is no column {', and none called '.join(missing)}.",
            hint=f"Other columns are {shown(table.unknown)}. If one of them is meant, say so in "
            "the option facts; otherwise export the column too.",
        )


def shown(names: Sequence[str]) -> str:
    """Return the first 20 of *names* for people."""
    return ", ".join(map(repr, names[:20])) or "none"


def _make_record(row: Row, places: Sequence[tuple[str, int, str]]) -> Record:
    if row.fault:
        return Record(row.number, {}, row.fault)
    cells, width = row.values, len(row.values)
    values, faults = {}, {}
    for field, index, name in places:
        values[field], fault = read_cell(cells[index] if index < width else None)
        if fault:
            faults[name] = f"column {name!r} {fault}"
    return Record(row.number, values, "; ".join(faults.values()))


def read_cell(value: Any) -> tuple[str, str]:
    """Return a cell's text, and what is wrong with it."""
    if isinstance(value, str):
        return _read_text(value.strip())
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return str(value).lower(), ""
    if isinstance(value, (int, float)):
        return _read_number(value)
    if isinstance(value, (datetime, date, time, timedelta)):
        return "", f"holds a date or a time: {_AS_TEXT}"
    return str(value), ""


def _read_text(text: str) -> tuple[str, str]:
    if "\n" in text or "\r" in text:
        text = " ".join(text.split())  # a line break in a cell is for the eye
    if not text or text[0] not in "'#0123456789" or text.isdecimal():
        return text, ""
    if text in _ERRORS:
        return "", f"holds the error {text}: correct the cell"
    if _ROUNDED.fullmatch(text):
        return "", _ROUNDED_FAULT
    whole = _FLOAT.fullmatch(text)
    return (whole[1] if whole else unguard(text)), ""


def _read_number(value: int | float) -> tuple[str, str]:
    if abs(value) >= 10**_DIGITS:
        return "", _ROUNDED_FAULT
    return (str(int(value)) if value == int(value) else repr(value)), ""
