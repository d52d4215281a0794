"""Reads rows from a file or a directory, each field by the name that it has there."""

from collections.abc import Iterator
from pathlib import Path

from offhook.api import Record, Refused, read_records, search
from offhook_mivb.facts import FACTS
from offhook_mivb.options import Options

_NAME = "entry"  # the value with a directory entry's name; rows of files have none


def read_rows(options: Options) -> Iterator[Record]:
    """Yield what the source holds; a field that it does not know is not in ``values``."""
    if options.source == "file":
        return read_records(Path(options.file), columns(options))
    return _read_entries(options)


def columns(options: Options) -> dict[str, tuple[str, ...]]:
    """Return by which names each field is known in a file: headings, or attributes in LDIF."""
    return FACTS.join(("csv", "ldap"), options.facts)


def attributes(options: Options) -> dict[str, tuple[str, ...]]:
    """Return by which attributes each field is known in a directory."""
    return FACTS.section("ldap", options.facts)


def filter_of(options: Options) -> str:
    """Return the LDAP filter of the users."""
    return options.query(FACTS.taken(options.facts)["directory.filter"][0])


def label(row: Record) -> str:
    """Return what people find the row by."""
    return row.values.get(_NAME) or f"row {row.number}"


def _read_entries(options: Options) -> Iterator[Record]:
    known, users = attributes(options), filter_of(options)
    wanted = [name for names in known.values() for name in names]
    number = 0
    for entry in search(options.directory, options.base_dn, users, wanted):
        number += 1
        # What an entry lacks may be hidden from our login: unknown, but without number no client.
        yield Record(number, {_NAME: entry.dn, "number": "", **entry.fields(known)})
    if not number:
        raise Refused(
            f"Below {options.base_dn} nothing that can be seen matches {users}.",
            hint="Correct base_dn or filter, or let the login read the users: an empty list would "
            "mean that all of them have gone.",
        )
