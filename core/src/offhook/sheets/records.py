"""Read the fields of a table from a CSV file, a workbook (.xlsx) or an LDIF file, row by row."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from offhook.errors import InvalidInput
from offhook.sheets.columns import count_fields, find_columns
from offhook.sheets.csvfile import open_sheet
from offhook.sheets.encodings import OLE, ZIP, check_file, unreadable
from offhook.sheets.ldif import looks_like_ldif, open_ldif
from offhook.sheets.tables import Record, Table, make_table, require
from offhook.sheets.workbooks import open_workbook

__all__ = ["Record", "Table", "open_table", "read_records"]

_HEAD = 64 * 1024


def read_records(
    path: Path,
    names: Mapping[str, Sequence[str]],
    *,
    sheets: Sequence[str] = (),
    required: Sequence[str] = (),
) -> Iterator[Record]:
    """
    Yield the rows of the table in the file *path*: CSV, .xlsx or LDIF, told apart by their content.

    *names* says by which column (attribute) names each field is known, the preferred one first;
    case, spaces, underscores and hyphens do not matter. *sheets* are the accepted names of the
    sheet, the preferred one first; without them the visible sheet with the most fitting header is
    read. The header is looked for among the first 20 rows. The fields *required* must have their
    column. Memory is bounded whatever the number of rows. Raises `InvalidInput` for a file that
    cannot be used, or not to its end.
    """
    with open_table(path, names, sheets=sheets) as table:
        require(table, names, required)
        record = None
        for record in table.records:
            yield record
        if record is None:
            hint = "An empty list would mean that everybody has gone: export it again."
            raise InvalidInput(f"{path} has no rows below its header.", hint=hint)


@contextmanager
def open_table(
    path: Path, names: Mapping[str, Sequence[str]], *, sheets: Sequence[str] = ()
) -> Iterator[Table]:
    """Open what `read_records` reads, as a `Table` that also knows its sheet and its columns."""
    check_file(path)
    head = _read_head(path)
    if head.startswith(OLE):
        raise InvalidInput(
            f"{path} is an old workbook (.xls), or one that is protected by a password.",
            hint="Save it as .xlsx without a password, or as CSV (UTF-8), and use that file.",
        )
    if head.startswith((ZIP + b"\3\4", ZIP + b"\5\6")):
        with open_workbook(path, names, sheets) as table:
            yield table
    elif looks_like_ldif(head):
        yield open_ldif(path, names)
    else:
        yield _open_csv(path, names)


def _read_head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise unreadable(path, error) from error


def _open_csv(path: Path, names: Mapping[str, Sequence[str]]) -> Table:
    sheet = open_sheet(path, partial(count_fields, names=names))
    return make_table("", sheet.header, find_columns(path, sheet.header, names), sheet.rows())
