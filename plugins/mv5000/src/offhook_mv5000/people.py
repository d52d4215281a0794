"""Makes users of rows, or says why one cannot have a client."""

from collections.abc import Iterator

from attrs import frozen

from offhook.api import Connection, Skipped, SourceUser, object_to_number
from offhook_mv5000.facts import FACTS
from offhook_mv5000.options import Options
from offhook_mv5000.sources import Row, read_rows

_FIELDS = ("first_name", "last_name", "email", "number")


def read_people(connection: Connection[Options]) -> Iterator[SourceUser | Skipped]:
    """Yield a user for every subscription that can have a client, and why others have none."""
    subscriptions = _Subscriptions(
        connection,
        phones=frozenset(map(str.lower, _facts(connection, "phone", "deployable"))),
        username=_facts(connection, "sip", "username")[0],
    )
    for row in read_rows(connection.options):
        yield row if isinstance(row, Skipped) else subscriptions.make(row)


@frozen
class _Subscriptions:
    connection: Connection[Options]
    phones: frozenset[str]
    username: str

    def make(self, row: Row) -> SourceUser | Skipped:
        """Return the user that *row* describes."""
        values = row.values
        reason = self._why_not(values.get("number", ""), values.get("phone", ""))
        if reason:
            return Skipped(values.get("number") or row.place, reason)
        return SourceUser(
            key=values.get("key") or values.get("login") or values["number"],
            fields=self._fields(row),
            pbx=values.get("pbx") or self.connection.name,
            login=values.get("login", ""),
            role=values.get("role", ""),
            phone=values.get("phone", ""),
            automatic=True,
        )

    def _why_not(self, number: str, phone: str) -> str:
        if reason := object_to_number(number):
            return reason
        if phone and phone.lower() not in self.phones:
            return f"phone type {phone!r} has no client"
        return ""

    def _fields(self, row: Row) -> dict[str, str]:
        values = row.values
        fields = {name: values[name] for name in _FIELDS if name in values}
        number, login = values["number"], values.get("login", "")
        fields["pbx_username"] = self.username.replace("<DN>", number).replace("<login>", login)
        if self.connection.options.sip_host:
            fields["pbx_host"] = self.connection.options.sip_host
        return fields


def _facts(connection: Connection[Options], section: str, name: str) -> tuple[str, ...]:
    return FACTS.section(section, connection.options.facts)[name]
