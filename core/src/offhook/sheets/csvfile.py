"""Read and write CSV files: dialect found by itself, rows streamed, nothing guessed in silence."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from attrs import define, frozen

from offhook.errors import InvalidInput
from offhook.sheets.encodings import examine
from offhook.sheets.guards import guard

SEPARATORS = (",", ";", "\t")
HEADER_ROWS = 20  # the header is one of these
MAX_CELL = 100_000
MAX_RECORD = 1_000_000
Rate = Callable[[Sequence[str]], int]
_SAMPLE = 64 * 1024
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_QUOTES = 'Look for a quote (") that is never closed, or for text after a closing quote.'


@define  # not frozen: a frozen one takes three times as long to make
class Row:
    """
    One row below the header; ``number`` is the row's number as a spreadsheet program shows it.

    ``values`` has one cell per column, texts in a CSV file, unless ``fault`` says what is wrong
    with the row's shape.
    """

    number: int
    values: tuple[Any, ...]
    fault: str = ""


@frozen
class Sheet:
    """
    A CSV file whose encoding, separator and header are known.

    ``lines`` is how many lines the file has: the end of a progress bar over row numbers. ``above``
    is how many rows stand above the header.
    """

    path: Path
    encoding: str
    separator: str
    header: tuple[str, ...]
    lines: int
    above: int = 0

    def rows(self) -> Iterator[Row]:
        """
        Yield the rows below the header, blank ones left out; each call reads the file anew.

        Raises `InvalidInput` where quotes are broken or a cell has over 100,000 characters.
        """
        width = len(self.header)
        records = _read_records(self.path, self.encoding, self.separator)
        if without_empty_end(next(islice(records, self.above, None), (0, []))[1]) != self.header:
            raise _changed(self.path)
        for number, cells in records:
            if len(cells) == width:
                yield Row(number, tuple(cells))
            else:
                yield _fit(number, cells, width)


def open_sheet(path: Path, rate: Rate | None = None) -> Sheet:
    """
    Return the CSV file *path* as a `Sheet`.

    The header is the first row or, where *rate* says how many of its cells could stand in a header,
    the best of the first 20.

    UTF-8, UTF-16 with a byte order mark and Windows-1252 are read; cells are separated by ``,``,
    ``;`` or tabs, or by what a first line ``sep=;`` says. Raises `InvalidInput` with a hint for
    anything else. The names in the header are checked by `offhook.sheets.columns.match_columns`.
    """
    found = examine(path)
    separator = _find_separator(path, found.encoding, rate)
    records = _read_records(path, found.encoding, separator)
    first = [cells for _, cells in islice(records, HEADER_ROWS)]
    above = first.index(max(first, key=rate)) if first and rate else 0
    header = without_empty_end(first[above]) if first else ()
    if not header:
        raise InvalidInput(f"{path} is empty.", hint="The first row must name the columns.")
    if len(first) == above + 1 and next(records, None) is None:
        hint = "The first row must name the columns; each row below it is one entry."
        raise InvalidInput(f"{path} has no rows below its first one.", hint=hint)
    return Sheet(path, found.encoding, separator, header, found.lines, above)


def write_csv(stream: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """
    Write a table to *stream*, which stays open; returns how many rows it has.

    Cells that a spreadsheet would run are guarded. UTF-8 with a byte order mark and CRLF line ends:
    spreadsheet programs then know the encoding.
    """
    text = TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow(header)
        return sum(1 for row in rows if writer.writerow(map(guard, row)))
    finally:
        text.detach()


class _TooLong(Exception):
    """A cell or a whole record has grown past its limit."""


@define
class _Gauge:
    """How far the reader is: the size of the present record in characters, its first line."""

    size: int = 0
    line: int = 1


def _read_records(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that are not blank, each with its number, the header first."""
    gauge = _Gauge()
    try:
        with path.open(encoding=encoding, newline="") as file:
            skipped = 1 if _read_sep_line(file) else 0
            gauge.line += skipped
            reader = csv.reader(_bounded(file, gauge), delimiter=separator, strict=True)
            for number, cells in enumerate(reader, 1):
                if gauge.size > MAX_CELL and max(map(len, cells)) > MAX_CELL:
                    raise _TooLong
                gauge.size, gauge.line = 0, reader.line_num + 1 + skipped
                if (cells and cells[0].strip()) or any(map(str.strip, cells)):
                    yield number, cells
    except _TooLong:
        raise _too_long(path, gauge) from None
    except csv.Error as error:
        raise _broken(path, gauge, error) from None
    except (UnicodeError, OSError):
        raise _changed(path) from None


def _bounded(file: TextIO, gauge: _Gauge) -> Iterator[str]:
    while line := file.readline(MAX_RECORD):
        gauge.size += len(line)
        if gauge.size >= MAX_RECORD:
            raise _TooLong
        yield line


def _read_sep_line(file: TextIO) -> str:
    """Return the separator that a first line ``sep=;`` names; empty, and rewound, without one."""
    if said := _SEP_LINE.fullmatch(file.readline(80)):
        return said[1]
    file.seek(0)
    return ""


def _find_separator(path: Path, encoding: str, rate: Rate | None) -> str:
    with path.open(encoding=encoding, newline="") as file:
        said = _read_sep_line(file)
        sample = file.read(_SAMPLE)
    if not said:
        return max(SEPARATORS, key=lambda separator: _score(sample, separator, rate))
    if said not in SEPARATORS:
        message = f"{path}: its first line names the separator {said!r}."
        raise InvalidInput(message, hint="Use a comma, a semicolon or a tab.")
    return said


def _score(sample: str, separator: str, rate: Rate | None) -> tuple[int, int, int]:
    """Return the best *rate* of a row, how many rows are as wide as the header, and that width."""
    rows = [cells for cells in csv.reader(StringIO(sample, ""), delimiter=separator) if cells]
    best = max(map(rate, rows[:HEADER_ROWS]), default=0) if rate else 0
    if len(sample) == _SAMPLE and len(rows) > 1:
        rows.pop()
    width = len(rows[0]) if rows else 0
    return (best, sum(len(cells) == width for cells in rows), width) if width > 1 else (best, 0, 0)


def without_empty_end(cells: Sequence[str]) -> tuple[str, ...]:
    """Return *cells* without the empty ones at their end."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return tuple(cells[:end])


def _fit(number: int, cells: list[str], width: int) -> Row:
    if len(cells) > width and not any(map(str.strip, cells[width:])):
        return Row(number, tuple(cells[:width]))
    fault = f"the row has {len(cells)} cells, the header {width}"
    if len(cells) < width:
        fault += " (spreadsheet programs write every cell if the last column is always filled)"
    return Row(number, tuple(cells), fault)


def _too_long(path: Path, gauge: _Gauge) -> InvalidInput:
    where = f"{path}, the row that begins on line {gauge.line}"
    reason = f"a cell has over {MAX_CELL:,} characters, or the row over {MAX_RECORD:,}"
    return InvalidInput(f"{where}: {reason}.", hint=_QUOTES)


def _broken(path: Path, gauge: _Gauge, error: csv.Error) -> InvalidInput:
    if "field limit" in str(error):
        return _too_long(path, gauge)
    unclosed = "unexpected end" in str(error)
    reason = "a quote is never closed" if unclosed else "text follows a closing quote"
    where = f"{path}, the row that begins on line {gauge.line}"
    return InvalidInput(f"{where}: {reason}.", hint=_QUOTES)


def _changed(path: Path) -> InvalidInput:
    return InvalidInput(f"{path} changed while it was read.", hint="Try again.")
