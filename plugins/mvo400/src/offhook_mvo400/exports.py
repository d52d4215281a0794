"""Reads the entries of one exported file after the other, the later ones over the earlier ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from offhook.api import Record, read_records
from offhook_mvo400.facts import FACTS
from offhook_mvo400.options import Options


def table(options: Options) -> dict[str, Any]:
    """Return how core finds the users in a file: columns, sheet, and what must be there."""
    return {
        "names": FACTS.section("column", options.facts),
        "sheets": FACTS.section("sheet", options.facts)["users"],
        "required": ("number",),
    }


def read_entries(options: Options) -> Iterator[Record]:
    """Yield the entries of all files; only those of the later files are held in memory."""
    found, *others = (read_records(Path(file), **table(options)) for file in options.files)
    for other in others:
        found = _merge(found, other, options.merge)
    return found


def _merge(earlier: Iterator[Record], later: Iterator[Record], how: str) -> Iterator[Record]:
    """Yield the earlier entries with what the later ones say, then those that only these have."""
    known, rest = dict[str, Record](), list[Record]()
    for record in later:
        number = record.values.get("number")
        if record.fault or not number or number in known:
            rest.append(record)
        else:
            known[number] = record
    for record in earlier:
        update = None if record.fault else known.pop(record.values["number"], None)
        yield _join(record, update, how) if update else record
    yield from known.values()
    yield from rest


def _join(one: Record, other: Record, how: str) -> Record:
    if how == "replace":
        return other
    said = {name: text for name, text in one.values.items() if text}
    return Record(one.number, other.values | said)
