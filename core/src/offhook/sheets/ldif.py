"""Read entries from an LDIF file (RFC 2849): folded lines, base64, comments; nothing is fetched."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from offhook.errors import InvalidInput
from offhook.sheets.columns import nothing_fits
from offhook.sheets.encodings import examine
from offhook.sheets.tables import Record, Table

MAX_LINE = 16 * 1024 * 1024  # characters, unfolded: photographs are in there too
_START = re.compile(r"\ufeff?(?:(?:[# ][^\n]*)?\r?\n)*(?:version|dn):", re.IGNORECASE)
_GUIDS = frozenset({"objectguid"})  # 16 bytes in the order of Microsoft, not text
_HINT = "Export the entries themselves, as ldapsearch and ldifde do."

Line = tuple[int, str, str]  # number, attribute in lower case, what follows the colon


def looks_like_ldif(head: bytes) -> bool:
    """Tell whether a file that begins with *head* is LDIF."""
    wide = head.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    return bool(_START.match(head.decode("utf-16" if wide else "utf-8", "ignore")))


def open_ldif(path: Path, names: Mapping[str, Sequence[str]]) -> Table:
    """
    Return the entries of the LDIF file *path*; attributes are the columns, the first value counts.

    An attribute that some entry has is empty in the others. Base64 is decoded, objectGUID written
    as text. Raises `InvalidInput` for changes (``changetype: add`` is an entry) and for what is no
    text.
    """
    encoding = examine(path).encoding
    attributes: dict[str, str] = {}
    for number, name, value in _read_lines(path, encoding):
        _check(path, number, name, value)
        bare = _without_options(name)
        attributes.setdefault(bare.lower(), bare)
    columns = {
        field: attributes[fitting[0]]
        for field, accepted in names.items()
        if (fitting := [each.lower() for each in accepted if each.lower() in attributes])
    }
    if not columns:
        raise nothing_fits(path, names)
    used = {name.lower() for name in columns.values()}
    unknown = tuple(name for lower, name in attributes.items() if lower not in used and name)
    return Table("", columns, unknown, _read_entries(path, encoding, columns))


def _check(path: Path, number: int, name: str, value: str) -> None:
    word = value.strip().lower()
    if name.lower() == "changetype" and word != "add":
        message = f"{path}, line {number}: it holds changes ({word}), not entries."
        raise InvalidInput(message, hint=_HINT)


def _read_entries(path: Path, encoding: str, columns: Mapping[str, str]) -> Iterator[Record]:
    wanted = {name.lower() for name in columns.values()}
    lines: list[Line] = []
    count = 0
    for line in _read_lines(path, encoding):
        if line[1] or line[2]:
            lines.append(line)
        elif lines:
            count += 1
            yield _read_entry(count, lines, columns, wanted)
            lines = []


def _read_entry(
    count: int, lines: Sequence[Line], columns: Mapping[str, str], wanted: set[str]
) -> Record:
    found: dict[str, str] = {}
    faults = []
    if lines[0][1].lower() != "dn":
        faults.append(f"line {lines[0][0]}: the entry does not begin with dn")
    for number, name, value in lines:
        attribute = _without_options(name).lower()
        if not attribute:
            faults.append(f"line {number} is not of the form name: value")
        if attribute not in wanted or attribute in found:
            continue
        try:
            found[attribute] = _decode(attribute, value)
        except ValueError as error:
            found[attribute] = ""
            faults.append(f"line {number}, {name}: {error}")
    values = {field: found.get(name.lower(), "") for field, name in columns.items()}
    return Record(count, values, "; ".join(faults))


def _decode(attribute: str, value: str) -> str:
    """Return what follows the colon as text; raises ``ValueError`` with the reason."""
    if value.startswith("<"):
        raise ValueError("its value is kept at an address, and nothing is fetched")
    if not value.startswith(":"):
        return value.strip()
    try:
        raw = b64decode(value[1:].strip(), validate=True)
        if attribute in _GUIDS and len(raw) == 16:
            return str(UUID(bytes_le=raw))
        return raw.decode().strip()
    except Base64Error:
        raise ValueError("its base64 is broken") from None
    except UnicodeDecodeError:
        raise ValueError("its base64 holds no UTF-8 text") from None


def _without_options(name: str) -> str:
    """Return the name of an attribute alone: ``cn;lang-de`` is a ``cn``."""
    return name.partition(";")[0].strip()


def _read_lines(path: Path, encoding: str) -> Iterator[Line]:
    """Yield attribute lines, unfolded; empty lines, and the end, have no texts."""
    for number, text in _unfold(path, encoding):
        if text.startswith("#"):
            continue
        name, colon, value = text.partition(":")
        if name.lower() != "version":
            yield (number, name, value) if colon else (number, "", text)
    yield 0, "", ""


def _unfold(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    start, parts, size = 0, [""], 0
    with path.open(encoding=encoding) as file:
        lines = iter(lambda: file.readline(MAX_LINE), "")
        for number, line in enumerate(lines, 1):
            size += len(line)
            if size >= MAX_LINE:
                hint = "Export without photographs and other big attributes."
                raise InvalidInput(f"{path}, line {number}: it is too long.", hint=hint)
            if line.startswith(" ") and parts[0]:
                parts.append(line[1:].rstrip("\n"))
                continue
            yield start, "".join(parts)
            start, parts, size = number, [line.rstrip("\n")], len(line)
        yield start, "".join(parts)
