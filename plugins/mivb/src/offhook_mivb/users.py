"""Makes one user of what a row says: key, accounts, role, and whether it is deployed unasked."""

from collections.abc import Mapping

from attrs import field, frozen

from offhook.api import Connection, SourceUser
from offhook_mivb.facts import FACTS, NUMBER, USERNAME
from offhook_mivb.options import Options
from offhook_mivb.rules import Values, has_teleworker
from offhook_mivb.words import NO_CLIENT, find_word

_NAMES = ("first_name", "last_name", "email")


@frozen
class Users:
    """
    The users of one connection; ``accounts`` are the patterns of SIP user names.

    ``first`` holds the first number of each person, whose others have keys of their own.
    """

    connection: Connection[Options]
    accounts: Mapping[str, str] = field(init=False)
    first: dict[str, str] = field(factory=dict, init=False)

    @accounts.default
    def _read_accounts(self) -> Mapping[str, str]:
        return FACTS.words("sip", self.connection.options.facts)

    def make(self, values: Values, number: str = "", phone_type: str = "") -> SourceUser:
        """Return the user with *number*."""
        options = self.connection.options
        facts, integrated = options.facts, options.mode == "integrated"
        said = values.get("profile") or values.get("template") or values.get("role") or ""
        role = find_word("role", said, facts) or said
        return SourceUser(
            key=self._key(values, number),
            fields=self._fields(values, number),
            kind="pbx" if integrated else "client-service",
            pbx=values.get("pbx") or options.pbx_name or self.connection.name,
            login=values.get("login", ""),
            role=role,
            phone=find_word("phone", phone_type, facts),
            automatic=role not in NO_CLIENT and (not integrated or bool(role)),
        )

    def _fields(self, values: Values, number: str) -> dict[str, str]:
        options, login = self.connection.options, values.get("login", "")
        fields = {name: values[name] for name in _NAMES if name in values}
        if options.sip_host:
            fields["pbx_host"] = options.sip_host
        if options.mode == "collocated" and "login" in values:
            fields["client_service_username"] = login
        if not number:
            return fields
        fields["number"] = number
        fields["pbx_username"] = self._account("pbx_username", login, number)
        if options.mode == "integrated" and "login" in values:
            served = login and has_teleworker(values, options.facts)
            account = self._account("gateway_username", login, number) if served else ""
            fields["gateway_username"] = account
        return fields

    def _account(self, name: str, login: str, number: str) -> str:
        return self.accounts[name].replace(USERNAME, login).replace(NUMBER, number)

    def _key(self, values: Values, number: str) -> str:
        """Return what names the user there for good: a GUID, a login or only the number."""
        person = values.get("guid") or values.get("login")
        if not person:
            return f"{values['pbx']}/{number}" if values.get("pbx") else number
        same = self.first.setdefault(person.casefold(), number) == number
        return person if same else f"{person}/{number}"
