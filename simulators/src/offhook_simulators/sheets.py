"""Writes tables as other programs do: CSV of several dialects, workbooks with titles, LDIF."""

import csv
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

Rows = Iterable[Sequence[Any]]
_WIDTH = 40  # of a line of LDIF: most do not fit, and are folded


def write_csv(path: Path, rows: Rows, encoding: str = "utf-8-sig", separator: str = ",") -> None:
    """Write *rows*, the header first; letters that *encoding* lacks become question marks."""
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)


def write_workbook(path: Path, rows: Rows, sheet: str, others: Mapping[str, Rows]) -> None:
    """
    Write *rows* as the sheet *sheet* of a workbook, behind the sheets *others*.

    Above the header stands a title in merged cells, and an empty row.
    """
    workbook = Workbook(write_only=True)
    for name, cells in others.items():
        other = workbook.create_sheet(name)
        for row in cells:
            other.append(row)
    written = workbook.create_sheet(sheet)
    written.merged_cells.add("A1:F1")
    written.append([f"{sheet} of the site"])
    written.append([])
    for row in rows:
        written.append(row)
    workbook.save(path)


def write_ldif(path: Path, rows: Rows) -> None:
    """Write *rows* as entries; the first names the attributes, empty values are left out."""
    entries = iter(rows)
    names = next(entries)
    with path.open("w", encoding="ascii", newline="\r\n") as file:
        file.write("version: 1\n# Exported, in lines that are folded\n  as this one.\n")
        for values in entries:
            file.write("\n")
            for name, value in zip(names, values, strict=True):
                file.writelines(_attribute(name, value) if value else ())


def _attribute(name: str, value: str | bytes) -> Iterator[str]:
    plain = isinstance(value, str) and value.isascii()
    raw = value.encode() if isinstance(value, str) else value
    line = f"{name}: {value}" if plain else f"{name}:: {b64encode(raw).decode()}"  # type: ignore[str-bytes-safe]
    yield f"{line[:_WIDTH]}\n"
    for start in range(_WIDTH, len(line), _WIDTH - 1):
        yield f" {line[start : start + _WIDTH - 1]}\n"
