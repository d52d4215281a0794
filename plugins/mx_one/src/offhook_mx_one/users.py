"""Reads users, from the Provisioning Manager or a file, and says who is left out and why."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path

from offhook.api import (
    Connection,
    Record,
    Refused,
    Skipped,
    SourceUser,
    object_to_number,
    read_records,
)
from offhook_mx_one.facts import FACTS
from offhook_mx_one.items import Items, deployable
from offhook_mx_one.opening import opened
from offhook_mx_one.options import Options

REQUIRED = ("number",)
_FIELDS = ("first_name", "last_name", "email")


def list_all(connection: Connection[Options]) -> Iterator[SourceUser | Skipped]:
    """Yield the users of the connection's source, and what of it is left out."""
    rows = {"rest": _rows_of_manager, "csv": _rows_of_file}[connection.options.source]
    return _Reading(connection).read(rows(connection.options))


def _rows_of_manager(options: Options) -> Iterator[Record]:
    items = Items(FACTS.taken(options.facts))
    with opened(options) as system:
        number = 0
        for number, item in enumerate(system.manager.users(), 1):
            yield items.read(item, number)
        if not number:
            # An empty list would say that everybody is gone.
            raise Refused(
                f"{system.session.server} shows no users to {options.username}.",
                hint="Check subsystem, and what the account may see.",
            )


def _rows_of_file(options: Options) -> Iterator[Record]:
    columns = FACTS.section("csv", options.facts)
    return read_records(Path(options.file), columns, required=REQUIRED)


class _Reading:
    """Makes users of rows, and remembers who is there already."""

    def __init__(self, connection: Connection[Options]) -> None:
        options = connection.options
        self._pbx = options.subsystem or connection.name
        host = options.sip_host or options.host
        self._host = {"pbx_host": host} if host else {}
        self._word = lru_cache(partial(FACTS.find_word, "role", text=options.facts))
        self._phones = deployable(FACTS.taken(options.facts))
        self._keys, self._numbers = set[str](), set[str]()

    def read(self, rows: Iterable[Record]) -> Iterator[SourceUser | Skipped]:
        """Yield a user of each row, or why it is none."""
        for row in rows:
            values = row.values
            number = values.get("number", "")
            key = values.get("key") or number
            pbx = values.get("pbx") or self._pbx
            reason = row.fault or self._objection(key, number, pbx, values.get("phone"))
            if reason:
                yield Skipped(key or f"entry {row.number}", reason)
            else:
                yield self._user(key, number, pbx, values)

    def _objection(self, key: str, number: str, pbx: str, phone: str | None) -> str:
        """Say why this is no user, else remember it; two systems may have the same number."""
        place = f"{pbx}/{number}"
        if reason := object_to_number(number):
            return reason
        if phone and phone.casefold() not in self._phones:
            return f"a phone of type {phone!r} cannot have a client"
        if place in self._numbers:
            return f"number {number} of {pbx} is there twice; the first one counts"
        if key in self._keys:
            return f"user {key} is there twice; the first one counts"
        self._numbers.add(place)
        self._keys.add(key)
        return ""

    def _user(self, key: str, number: str, pbx: str, values: Mapping[str, str]) -> SourceUser:
        fields = {"number": number, "pbx_username": number, **self._host}
        for name in _FIELDS:
            if name in values:
                fields[name] = values[name]
        role = values.get("role", "")
        return SourceUser(
            key=key,
            fields=fields,
            pbx=pbx,
            login=values.get("key", ""),
            role=self._word(role) or role,
            phone=values.get("phone", ""),
            automatic=True,
        )
