"""Reads rows from a file or a directory, each field by the name that it has there."""

from collections.abc import Iterator
from pathlib import Path

from offhook.api import Record, read_records, search
from offhook_mivb.facts import FACTS
from offhook_mivb.options import Options

_NAME = "entry"  # the value with a directory entry's name; rows of files have none
_FILTER = "filter"


def read_rows(options: Options) -> Iterator[Record]:
    """Yield what the source holds; a field that it does not know is not in ``values``."""
    if options.source == "file":
        return read_records(Path(options.file), columns(options))
    return _read_entries(options)


def columns(options: Options) -> dict[str, tuple[str, ...]]:
    """Return by which names each field is known in a file: headings, or attributes in LDIF."""
    attributes_too = attributes(options)
    headings = FACTS.section("csv", options.facts)
    return {field: names + attributes_too.get(field, ()) for field, names in headings.items()}


def attributes(options: Options) -> dict[str, tuple[str, ...]]:
    """Return by which attributes each field is known in a directory."""
    found = FACTS.section("ldap", options.facts)
    return {field: names for field, names in found.items() if field != _FILTER}


def filter_of(options: Options) -> str:
    """Return the LDAP filter of the users."""
    return options.filter or FACTS.section("ldap", options.facts)[_FILTER][0]


def _read_entries(options: Options) -> Iterator[Record]:
    known = attributes(options)
    wanted = [name for names in known.values() for name in names]
    found = search(options.directory, options.base_dn, filter_of(options), wanted)
    for number, entry in enumerate(found, 1):
        # What an entry lacks may be hidden from our login: unknown, but without number no client.
        values = {_NAME: entry.dn, "number": ""}
        for field, names in known.items():
            if name := next((name for name in names if name in entry), None):
                values[field] = entry.first(name)
        yield Record(number, values)


def label(row: Record) -> str:
    """Return what people find the row by."""
    return row.values.get(_NAME) or f"row {row.number}"
