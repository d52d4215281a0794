"""Makes users of the entries in the exported files, and says who is left out and why."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from offhook.api import Connection, Finding, Skipped, SourceUser, diagnose_records
from offhook_mvo400.exports import read_entries, table
from offhook_mvo400.facts import FACTS
from offhook_mvo400.options import Options

_FIELDS = ("number", "first_name", "last_name", "email", "pbx_username")


def list_all(connection: Connection[Options]) -> Iterator[SourceUser | Skipped]:
    """Yield a user for every number whose phone can have a client."""
    phones = FACTS.section("phone", connection.options.facts)["deployable"]
    deployable = {"", *map(str.casefold, phones)}
    taken = set[str]()
    for entry in read_entries(connection.options):
        number, phone = (entry.values.get(name, "") for name in ("number", "phone"))
        reason = entry.fault or _objection(number, phone, taken, deployable)
        if reason:
            yield Skipped(number or f"row {entry.number}", reason)
            continue
        taken.add(number)
        yield SourceUser(
            key=number,
            fields={name: entry.values[name] for name in _FIELDS if name in entry.values},
            pbx=connection.name,
            role=entry.values.get("role", ""),
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
        for finding in diagnose_records(Path(file), **table(connection.options), now=now):
            well = well and finding.level != "failure"
            yield finding
    if well:
        yield _count(connection)


def _count(connection: Connection[Options]) -> Finding:
    found = Counter(map(type, list_all(connection)))
    users = found[SourceUser]
    return Finding(
        level="ok" if users else "warning",
        code="mvo400-users",
        summary=f"{users:,} can have a client; {found[Skipped]:,} entries are left out.",
        meaning="" if users else "There is nobody to import.",
        action="" if users else "See why they are left out: offhook users available.",
    )
