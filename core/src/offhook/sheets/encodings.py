"""Whether a file can be a text table at all, and in which encoding."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from os import stat_result
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

from attrs import frozen

from offhook.errors import InvalidInput

MAX_BYTES = 256 * 1024 * 1024
_CHUNK = 256 * 1024
ZIP, OLE = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\v\f\r"})
_CONTROL = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_SAVE_AS_CSV = "Save it as CSV (UTF-8) in the spreadsheet program and import that file."
_SAVE_AS_UTF8 = "Save it again as CSV (UTF-8)."


@frozen
class TextFile:
    """A file that was read once from end to end: its Python codec and its number of lines."""

    encoding: str
    lines: int


@frozen
class _Scan:
    lines: int
    fits: bool
    ascii_only: bool


def examine(path: Path) -> TextFile:
    """
    Return the encoding of the text file *path*, having read all of it in bounded memory.

    The encoding is ``utf-8``, ``utf-8-sig`` or ``utf-16`` (the last only with a byte order mark),
    or ``cp1252`` where the file is no UTF-8. Raises `InvalidInput` for what is no text file.
    """
    check_file(path)
    try:
        with path.open("rb") as file:
            return _find_encoding(file, path)
    except OSError as error:
        raise unreadable(path, error) from error


def check_file(path: Path) -> stat_result:
    """Return what the system says of *path*; `InvalidInput` if it is no file, empty or too big."""
    try:
        found = path.stat()
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path}.", hint="Check the path.") from None
    except OSError as error:
        raise unreadable(path, error) from error
    if S_ISDIR(found.st_mode):
        raise InvalidInput(f"{path} is a folder.", hint="Name a file in it.")
    if not S_ISREG(found.st_mode):
        raise InvalidInput(f"{path} is not a regular file.", hint="Save the table to a file first.")
    if not found.st_size:
        raise InvalidInput(f"{path} is empty.", hint="The first row must name the columns.")
    if found.st_size > MAX_BYTES:
        size, limit = (f"{number / 1024 / 1024:,.0f} MB" for number in (found.st_size, MAX_BYTES))
        hint = "Split it into several files."
        raise InvalidInput(f"{path} has {size}; the limit is {limit}.", hint=hint)
    return found


def unreadable(path: Path, error: OSError) -> InvalidInput:
    """Return what to raise where the system does not let us read *path*."""
    reason = error.strerror or str(error)
    return InvalidInput(f"{path} cannot be read: {reason}.", hint="Check the path and its rights.")


def _find_encoding(file: BinaryIO, path: Path) -> TextFile:
    head = file.read(8)
    if head.startswith(OLE) or (head.startswith(ZIP) and head[2:4] in (b"\3\4", b"\5\6")):
        raise InvalidInput(f"{path} is a spreadsheet or an archive, not CSV.", hint=_SAVE_AS_CSV)
    encoding, label = _announced(head)
    scan = _scan(file, encoding, path)
    if scan.fits:
        return TextFile(encoding, scan.lines)
    if encoding != "utf-8" or not scan.ascii_only:
        message = f"{path} begins as {label}, but line {scan.lines} holds bytes that are not."
        raise InvalidInput(message, hint=_SAVE_AS_UTF8)
    scan = _scan(file, "cp1252", path)
    if not scan.fits:
        message = f"{path} is neither UTF-8 nor Windows-1252: see line {scan.lines}."
        raise InvalidInput(message, hint=_SAVE_AS_UTF8)
    return TextFile("cp1252", scan.lines)


def _announced(head: bytes) -> tuple[str, str]:
    if head.startswith(BOM_UTF8):
        return "utf-8-sig", "UTF-8"
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16", "UTF-16"
    return "utf-8", "UTF-8"


def _scan(file: BinaryIO, encoding: str, path: Path) -> _Scan:
    """Read *file* up to its first byte that does not fit *encoding*; ``lines`` counts up to it."""
    file.seek(0)
    decoder = getincrementaldecoder(encoding)()
    newlines, returns, ascii_only = 0, 0, True
    chunk = b"-"
    while chunk:
        chunk = file.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            good = error.object[: error.start]
            lines = 1 + max(newlines + good.count(b"\n"), returns + good.count(b"\r"))
            return _Scan(lines, False, ascii_only and good.isascii())
        raw = text.encode() if encoding == "utf-16" else chunk
        if len(raw.translate(None, _CONTROLS)) != len(raw):
            raise _binary(path, raw)
        ascii_only = ascii_only and text.isascii()
        newlines += raw.count(b"\n")
        returns += raw.count(b"\r")
    return _Scan(1 + max(newlines, returns), True, ascii_only)


def _binary(path: Path, raw: bytes) -> InvalidInput:
    found = _CONTROL.search(raw)
    code = f"0x{found[0][0]:02X}" if found else "0x00"
    return InvalidInput(
        f"{path} is not a text file: it holds the control character {code}.", hint=_SAVE_AS_CSV
    )
