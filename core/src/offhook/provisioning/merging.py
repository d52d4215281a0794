"""Several sources may hold one person: what their records come to, and where they disagree."""

from collections.abc import Sequence

from attrs import frozen

from offhook.model.secrets import Secret
from offhook.model.sources import SourceRecord

RULE = (
    "Entries with the same directory number and PBX are one person; without a PBX, those with the "
    "same MBG SIP user name. Each field is the first one that is filled: from the PBX, then the "
    "client service, then the MBG; fields of the MBG from the MBG first. The PBX's entry gives the "
    "key."
)
_GATEWAY = "gateway_"


@frozen
class Conflict:
    """A field that two sources fill differently; ``kept`` is the value of the source ``by``."""

    field: str
    kept: str
    by: str
    other: str
    other_by: str


@frozen(kw_only=True)
class Person:
    """What all sources hold of one person: ``records`` in the order of precedence."""

    records: tuple[SourceRecord, ...]
    fields: dict[str, str | Secret]
    conflicts: tuple[Conflict, ...]

    @property
    def first(self) -> SourceRecord:
        """The record that gives the key."""
        return self.records[0]

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.fields.get('first_name', '')} {self.fields.get('last_name', '')}".strip()

    @property
    def number(self) -> str:
        """The directory number."""
        return str(self.fields.get("number", ""))

    @property
    def role(self) -> str:
        """The role, from the first source that knows one."""
        return self._with_role.user.role

    @property
    def role_source(self) -> str:
        """The connection whose role it is."""
        return self._with_role.connection

    @property
    def _with_role(self) -> SourceRecord:
        return next((each for each in self.records if each.user.role), self.first)

    @property
    def login(self) -> str:
        """The user id at the first source that knows one."""
        return next((each.user.login for each in self.records if each.user.login), "")

    @property
    def automatic(self) -> bool:
        """Whether one of the systems wants the person deployed unasked."""
        return any(each.user.automatic for each in self.records)


def merge(records: Sequence[SourceRecord]) -> Person:
    """Return the person whose records these are, the one that gives the key first; see `RULE`."""
    fields: dict[str, str | Secret] = {}
    conflicts: list[Conflict] = []
    for name in dict.fromkeys(name for each in records for name in each.user.fields):
        holders = _holders(name, records)
        kept = holders[0] if holders else None
        fields[name] = kept.user.fields[name] if kept else ""
        conflicts += [
            Conflict(
                name,
                str(fields[name]),
                kept.connection,
                str(each.user.fields[name]),
                each.connection,
            )
            for each in holders[1:]
            if kept and each.user.fields[name] != fields[name]
        ]
    return Person(records=tuple(records), fields=fields, conflicts=tuple(conflicts))


def _holders(name: str, records: Sequence[SourceRecord]) -> list[SourceRecord]:
    """Return the records that fill the field, in its order of precedence."""
    filled = [each for each in records if each.user.fields.get(name)]
    if name.startswith(_GATEWAY):
        return sorted(filled, key=lambda each: each.user.kind != "gateway")
    return filled
