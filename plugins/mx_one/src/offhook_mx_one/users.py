"""Reads users, from the Provisioning Manager or a file, and says who is left out and why."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from offhook.api import Connection, Record, Skipped, SourceUser, read_records
from offhook_mx_one.client import Names, find
from offhook_mx_one.facts import FACTS
from offhook_mx_one.opening import opened
from offhook_mx_one.options import Options

REQUIRED = ("number",)
_FIELDS = ("first_name", "last_name", "email")


def list_all(connection: Connection[Options]) -> Iterator[SourceUser | Skipped]:
    """Yield the users of the connection's source, and what of it is left out."""
    rows = {"rest": _rows_of_manager, "csv": _rows_of_file}[connection.options.source]
    return _read(connection, rows(connection.options))


def read_item(item: Mapping[str, Any], names: Names, number: int) -> Record:
    """Return a user of the Provisioning Manager, the one at *number*, as a row of texts."""
    wanted = {
        name.partition(".")[2]: (item, keys)
        for name, keys in names.items()
        if name.startswith("user.") and name != "user.extensions"
    }
    extension = _extension_of(item, names)
    for field in ("number", "phone"):
        wanted[field] = (extension, names[f"extension.{field}"])
    values, strange = {}, []
    for field, (where, keys) in wanted.items():
        if any(key in where for key in keys):
            value = find(where, keys)
            values[field] = "" if value is None else str(value).strip()
            strange += [field] if isinstance(value, dict | list | bool) else []
    return Record(number, values, f"{', '.join(strange)}: no text" if strange else "")


def _rows_of_manager(options: Options) -> Iterator[Record]:
    names = FACTS.taken(options.facts)
    with opened(options) as system:
        for number, item in enumerate(system.manager.users(), 1):
            yield read_item(item, names, number)


def _rows_of_file(options: Options) -> Iterator[Record]:
    columns = FACTS.section("csv", options.facts)
    return read_records(Path(options.file), columns, required=REQUIRED)


def _extension_of(item: Mapping[str, Any], names: Names) -> Mapping[str, Any]:
    """Return the extension of a user that can have a client, else the first, else the user."""
    found = find(item, names["user.extensions"])
    if not isinstance(found, list):
        return item
    extensions = [each for each in found if isinstance(each, dict)]
    usable = [each for each in extensions if _deployable(_phone_of(each, names), names)]
    return next(iter(usable or extensions), {})


def _phone_of(extension: Mapping[str, Any], names: Names) -> str:
    return str(find(extension, names["extension.phone"]) or "")


def _deployable(phone: str, names: Names) -> bool:
    return not phone or phone.casefold() in map(str.casefold, names["phone.deployable"])


def _read(
    connection: Connection[Options], rows: Iterable[Record]
) -> Iterator[SourceUser | Skipped]:
    names, taken = FACTS.taken(connection.options.facts), set[str]()
    for row in rows:
        user = _make(connection, row.values)
        # Different systems may have the same number.
        marks = {f"user {user.key}", f"number {user.fields['number']} of {user.pbx}"}
        reason = row.fault or _objection(row.values, names)
        if not reason and (twice := sorted(marks & taken)):
            reason = f"{twice[0]} is there twice; the first one counts"
        if reason:
            yield Skipped(user.key or f"entry {row.number}", reason)
        else:
            taken |= marks
            yield user


def _objection(values: Mapping[str, str], names: Names) -> str:
    if not values.get("number"):
        return "it has no extension"
    phone = values.get("phone", "")
    if not _deployable(phone, names):
        return f"a phone of type {phone!r} cannot have a client"
    return ""


def _make(connection: Connection[Options], values: Mapping[str, str]) -> SourceUser:
    options, number = connection.options, values.get("number", "")
    fields = {name: values[name] for name in _FIELDS if name in values}
    fields |= {"number": number, "pbx_username": number}
    if host := options.sip_host or options.host:
        fields["pbx_host"] = host
    return SourceUser(
        key=values.get("key") or number,
        fields=fields,
        pbx=values.get("pbx") or options.subsystem or connection.name,
        login=values.get("key", ""),
        role=values.get("role", ""),
        phone=values.get("phone", ""),
        automatic=True,
    )
