"""Makes users of the entries in the exported files, and says who is left out and why."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from offhook.api import (
    Connection,
    Finding,
    Skipped,
    SourceUser,
    diagnose_records,
    object_to_number,
)
from offhook_mvo400.exports import read_entries, table
from offhook_mvo400.facts import FACTS, NUMBER
from offhook_mvo400.options import Options

_FIELDS = ("number", "first_name", "last_name", "email")


def list_all(connection: Connection[Options]) -> Iterator[SourceUser | Skipped]:
    """Yield a user for every number whose phone can have a client."""
    facts = FACTS.taken(connection.options.facts)
    deployable = {"", *map(str.casefold, facts["phone.deployable"])}
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
            fields=_fields(entry.values, facts["sip.username"][0]),
            pbx=connection.name,
            role=entry.values.get("role", ""),
            phone=phone,
            automatic=True,
        )


def _fields(values: Mapping[str, str], username: str) -> dict[str, str]:
    known = {name: values[name] for name in _FIELDS if name in values}
    sip_name = values.get("pbx_username") or username.replace(NUMBER, values["number"])
    return {**known, "pbx_username": sip_name}


def _objection(number: str, phone: str, taken: set[str], deployable: set[str]) -> str:
    if reason := object_to_number(number):
        return reason
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
        action="" if users else "See why: offhook users import --from NAME --all --dry-run.",
    )
