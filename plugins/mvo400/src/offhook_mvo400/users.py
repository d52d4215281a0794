"""Reads the users out of the exported files, and says who is left out and why."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from offhook.api import (
    Connection,
    Finding,
    Record,
    Skipped,
    SourceUser,
    diagnose_records,
    read_records,
)
from offhook_mvo400.facts import FACTS
from offhook_mvo400.options import Options

_FIELDS = ("number", "first_name", "last_name", "email", "pbx_username")


def list_all(connection: Connection[Options]) -> Iterator[SourceUser | Skipped]:
    """Yield one user per number; with one file it holds only the numbers in memory."""
    phones = FACTS.section("phone", connection.options.facts)["deployable"]
    deployable = {"", *map(str.casefold, phones)}
    taken = set[str]()
    for record in _read_all(connection.options):
        number, phone = (record.values.get(name, "") for name in ("number", "phone"))
        reason = record.fault or _objection(number, phone, taken, deployable)
        if reason:
            yield Skipped(number or f"row {record.number}", reason)
            continue
        taken.add(number)
        yield SourceUser(
            key=number,
            fields={name: record.values[name] for name in _FIELDS if name in record.values},
            pbx=connection.name,
            role=record.values.get("role", ""),
            phone=phone,
            automatic=True,
        )


def _objection(number: str, phone: str, taken: set[str], deployable: set[str]) -> str:
    if not number:
        return "it has no number"
    if phone.casefold() not in deployable:
        return f"a phone of the type {phone!r} can have no client"
    return "its number is there twice; the first entry counts" if number in taken else ""


def examine(connection: Connection[Options], *, now: datetime) -> Iterator[Finding]:
    """Yield what is found in each file, then how many users come of them all."""
    well = True
    for file in connection.options.files:
        for finding in diagnose_records(Path(file), **_table(connection.options), now=now):
            well = well and finding.level != "failure"
            yield finding
    if well:
        yield _count(connection)


def _table(options: Options) -> dict[str, Any]:
    """Return how `read_records` finds the users in a file."""
    return {
        "names": FACTS.section("column", options.facts),
        "sheets": FACTS.section("sheet", options.facts)["users"],
        "required": ("number",),
    }


def _read_all(options: Options) -> Iterator[Record]:
    first, *others = (read_records(Path(file), **_table(options)) for file in options.files)
    for other in others:
        first = _merge(first, other, options.merge)
    return first


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


def _count(connection: Connection[Options]) -> Finding:
    users, left_out = 0, 0
    for each in list_all(connection):
        users += isinstance(each, SourceUser)
        left_out += isinstance(each, Skipped)
    return Finding(
        level="ok" if users else "warning",
        code="mvo400-users",
        summary=f"{users:,} users can have a client; {left_out:,} entries are left out.",
        meaning="" if users else "There is nobody to import.",
        action="" if users else "See why they are left out: offhook users available.",
    )
