"""Find the table in a workbook (.xlsx) and read it row by row; bounds come before parsing."""

import warnings
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from attrs import frozen

from offhook.errors import InvalidInput
from offhook.extras import need
from offhook.sheets.columns import count_fields, find_columns, plain
from offhook.sheets.csvfile import HEADER_ROWS, Row, without_empty_end
from offhook.sheets.encodings import MAX_BYTES
from offhook.sheets.tables import Table, make_table

MAX_LOADED = 64 * 1024 * 1024  # everything but the sheets is read into memory as a whole
MAX_PARTS = 10_000
MAX_ROWS = 1_048_576  # what a spreadsheet program can hold
_FAULTS = (
    BadZipFile, zlib.error, ParseError, EOFError, OSError, NotImplementedError, RuntimeError,
    ArithmeticError, AttributeError, LookupError, TypeError, ValueError,
)  # fmt: skip  # what openpyxl raises for workbooks that are not as they should be


@frozen
class _Sheet:
    """A sheet whose header was found; ``above`` counts the rows above and with it."""

    name: str
    header: tuple[str, ...]
    fits: int
    above: int
    rows: Iterator[Sequence[Any]]


@contextmanager
def open_workbook(
    path: Path, names: Mapping[str, Sequence[str]], sheets: Sequence[str] = ()
) -> Iterator[Table]:
    """
    Open the table in the workbook *path*, see `offhook.sheets.records.open_table`.

    Formulas count with the values that the spreadsheet program last saw. Raises `InvalidInput` for
    what is damaged, protected, no .xlsx, or unpacks to more than 256 MB.
    """
    _check_size(path)
    need("defusedxml", "sheets")  # openpyxl uses it if it is there
    openpyxl = need("openpyxl", "sheets")
    warnings.filterwarnings("ignore", module="openpyxl")  # about styles and what is not values
    with path.open("rb") as file:
        try:
            workbook = openpyxl.load_workbook(
                file, read_only=True, data_only=True, keep_links=False
            )
        except _FAULTS as error:
            raise _damaged(path, error) from error
        sheet = _find_sheet(path, _choose(path, workbook, sheets), names)
        columns = find_columns(path, sheet.header, names)
        yield make_table(sheet.name, sheet.header, columns, _read_rows(path, sheet))


def _check_size(path: Path) -> None:
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
    except _FAULTS as error:
        raise _damaged(path, error) from error
    if "[Content_Types].xml" not in {part.filename for part in parts}:
        hint = "Save it as .xlsx (not .ods or .xlsb) or as CSV (UTF-8)."
        raise InvalidInput(f"{path} is an archive, but no .xlsx workbook.", hint=hint)
    loaded = sum(part.file_size for part in parts if "/worksheets/" not in part.filename)
    size = sum(part.file_size for part in parts)
    if size > MAX_BYTES or loaded > MAX_LOADED or len(parts) > MAX_PARTS:
        what = f"{size / 1024 / 1024:,.0f} MB in {len(parts):,} parts"
        hint = "Split it into several files, without pictures, or save it as CSV (UTF-8)."
        raise InvalidInput(f"{path} unpacks to {what}: that is too much.", hint=hint)


def _choose(path: Path, workbook: Any, sheets: Sequence[str]) -> list[Any]:
    """Return the sheets that come into question: the first of *sheets* there is, or all visible."""
    found = {plain(sheet.title): sheet for sheet in workbook.worksheets}
    if not sheets:
        return [each for each in found.values() if each.sheet_state == "visible"]
    for name in sheets:
        if plain(name) in found:
            return [found[plain(name)]]
    there = ", ".join(repr(sheet.title) for sheet in found.values()) or "none"
    wanted = " or ".join(map(repr, sheets))
    hint = f"Its sheets: {there}. If the users are in one of them, say so in the option facts."
    raise InvalidInput(f"{path} has no sheet {wanted}.", hint=hint)


def _find_sheet(path: Path, sheets: list[Any], names: Mapping[str, Sequence[str]]) -> _Sheet:
    candidates = [each for sheet in sheets if (each := _find_header(path, sheet, names))]
    if not candidates:
        shown = ", ".join(repr(sheet.title) for sheet in sheets) or "every visible one"
        hint = "Export it again: a row must name the columns, with one row per entry below."
        raise InvalidInput(f"{path}: the sheet {shown} is empty.", hint=hint)
    return max(candidates, key=lambda sheet: sheet.fits)


def _find_header(path: Path, sheet: Any, names: Mapping[str, Sequence[str]]) -> _Sheet | None:
    sheet.reset_dimensions()  # what a file says about its size is often wrong
    rows = _safely(path, sheet.iter_rows(values_only=True))
    first = [[_as_name(cell) for cell in row] for row in islice(rows, HEADER_ROWS)]
    if not any(map(any, first)):
        return None
    fits = [count_fields(row, names) for row in first]
    above = fits.index(max(fits))
    again = _safely(path, ([_as_shown(cell) for cell in row] for row in sheet.iter_rows()))
    header = without_empty_end(first[above])
    return _Sheet(sheet.title, header, fits[above], above + 1, islice(again, above + 1, None))


def _as_name(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _as_shown(cell: Any) -> Any:
    """Return the value of *cell*; a number that its format fills up with zeros as that text."""
    value = cell.value
    if type(value) in (int, float):
        width = _zeros(cell)
        if 0 <= value < 10 ** (width - 1) and value == int(value):
            return str(int(value)).zfill(width)
    return value


def _zeros(cell: Any) -> int:
    """Return how many digits the format of *cell* shows at least, where it is as plain as 0000."""
    try:
        shown: str = cell.number_format
    except LookupError:  # it names a style that the workbook does not have
        return 1
    return 1 if shown.strip("0") else len(shown)


def _read_rows(path: Path, sheet: _Sheet) -> Iterator[Row]:
    for number, cells in enumerate(sheet.rows, sheet.above + 1):
        if number > MAX_ROWS:
            raise InvalidInput(f"{path} has more than {MAX_ROWS:,} rows.", hint="Split it.")
        if any(cell is not None and cell != "" for cell in cells):
            yield Row(number, tuple(cells))


def _safely(path: Path, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    try:
        yield from rows
    except _FAULTS as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: BaseException) -> InvalidInput:
    return InvalidInput(
        f"{path} is no .xlsx workbook that can be read: {error or type(error).__name__}.",
        hint="It may be cut off or protected. Open it in the spreadsheet program, save it again.",
    )
