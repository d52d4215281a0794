"""Reads rows as people: a user for every directory number that can have a client."""

from collections.abc import Iterable, Iterator

from attrs import define, field

from offhook.api import Connection, Record, Skipped, SourceUser
from offhook_mivb.options import Options
from offhook_mivb.rules import Values, knows_numbers, why_not_device, why_not_person
from offhook_mivb.sources import label
from offhook_mivb.users import Users

DEVICES = (("number", "phone_type"), ("second_number", "second_phone_type"))
_NAMES = ("first_name", "last_name", "email")
_OF_PERSON = ("guid", "login", *_NAMES, "role", "template", "profile", "pbx")


def read_people(
    connection: Connection[Options], rows: Iterable[Record]
) -> Iterator[SourceUser | Skipped]:
    """
    Yield the users that *rows* hold and what is left out, row by row.

    Rows of one person that follow each other are one form: what one leaves empty of the person is
    as in the row before.
    """
    people = _People(connection.options.facts, Users(connection))
    for row in rows:
        if row.fault:
            yield Skipped(label(row), row.fault)
        else:
            yield from people.read(row)


@define
class _People:
    facts: str
    users: Users
    before: Values = field(factory=dict)

    def read(self, row: Record) -> Iterator[SourceUser | Skipped]:
        """Yield the users of one row, and why its other devices have none."""
        values = row.values
        self._complete(values)
        who = values.get("login") or label(row)
        if reason := why_not_person(values, self.facts):
            yield Skipped(who, reason)
            return
        if not knows_numbers(values):
            yield self.users.make(values)
            return
        found = False
        for number_field, type_field in DEVICES:
            number, phone_type = values.get(number_field, ""), values.get(type_field)
            if not (number or phone_type):
                continue
            if reason := why_not_device(number, phone_type, self.facts, first=not found):
                yield Skipped(number or who, reason)
            else:
                yield self.users.make(values, number, phone_type or "")
            found = True
        if not found:
            yield Skipped(who, "it has no directory number")

    def _complete(self, values: dict[str, str]) -> None:
        """Complete the row where it is of the same person as the one before."""
        before = self.before
        if _same("login", values, before) or _same("guid", values, before):
            for name in _OF_PERSON:
                if before.get(name) and not values.get(name):
                    values[name] = before[name]
        self.before = values


def _same(key: str, one: Values, other: Values) -> bool:
    return bool(one.get(key)) and one[key] == other.get(key)
