"""Reads the rows of a MiVoice 5000 from its directory or a file: fields by their names there."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from offhook.api import Refused, Skipped, read_records, search
from offhook_mv5000.facts import FACTS
from offhook_mv5000.options import Options

_CONTACT = "a contact, without a subscription: no client can register with its number"


@frozen
class Row:
    """What the source has of somebody: the fields that it knows, and how to find the place."""

    place: str
    values: Mapping[str, str]


def read_rows(options: Options) -> Iterator[Row | Skipped]:
    """Yield a row for every person, and why others are left out."""
    if options.source == "file":
        return _read_file(options)
    return _read_directory(options)


def columns(options: Options) -> dict[str, tuple[str, ...]]:
    """Return the names of each field in a file: of columns, and in LDIF of attributes."""
    both = attributes(options)
    headings = FACTS.section("csv", options.facts)
    return {field: names + both.get(field, ()) for field, names in headings.items()}


def attributes(options: Options) -> dict[str, tuple[str, ...]]:
    """Return the names of each field in the directory."""
    return FACTS.section("ldap", options.facts)


def people_filter(options: Options) -> str:
    """Return the LDAP filter of the people."""
    return options.query(_any_class(FACTS.section("class", options.facts)["person"]))


def _read_directory(options: Options) -> Iterator[Row | Skipped]:
    names, people = attributes(options), people_filter(options)
    wanted = [name for each in names.values() for name in each]
    nobody = True
    for entry in search(options.directory, options.base_dn, people, wanted):
        nobody = False
        yield Row(entry.dn, entry.fields(names))
    if nobody:
        # An empty list would say that everybody is gone.
        raise Refused(
            f"{options.directory.server} shows nobody below {options.base_dn}: no {people}.",
            hint="Check the base DN, what the login may read, and the class of people"
            " (offhook plugins show mv5000).",
        )
    contacts = f"(&{_any_class(FACTS.section('class', options.facts)['contact'])}(!{people}))"
    for entry in search(options.directory, options.base_dn, contacts, ("objectClass",)):
        yield Skipped(entry.dn, _CONTACT)


def _read_file(options: Options) -> Iterator[Row | Skipped]:
    for record in read_records(Path(options.file), columns(options), required=("number",)):
        place = f"row {record.number}"
        yield Skipped(place, record.fault) if record.fault else Row(place, record.values)


def _any_class(classes: tuple[str, ...]) -> str:
    return f"(|{''.join(f'(objectClass={name})' for name in classes)})"
