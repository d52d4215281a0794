"""Export files of the four PBXs, with what spreadsheet programs make of them; always the same."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from attrs import frozen

from offhook_simulators.sheets import Rows, write_csv, write_ldif, write_workbook

FIRST_NUMBER = 10_000
_SPOILT = date(2026, 1, 10)  # what a spreadsheet program makes of 1/10
_ROLES = ("UCC (V5.0) Entry", "UCC (V5.0) Standard", "UCC (V5.0) Premium")
_FIRST_NAMES = ("Ana", "Björn", "Chloé", "Jan Ole", "Siobhán", "Müzeyyen", "Łucja")
_LAST_NAMES = ("Ruiz", "Åkesson", "O'Neill", "D'Amico", "Müßig", "van der Berg", "Ito")
_RARE_NAMES = (("Юлия", "Щёлокова"), ("Zoë 👩🏽‍💻", "Łabędź"))


@frozen
class Person:
    """Who is in the exports; every 40th has no e-mail address, every 25th a desk phone."""

    index: int

    @property
    def number(self) -> str:
        """The directory number."""
        return str(FIRST_NUMBER + self.index)

    @property
    def names(self) -> tuple[str, str]:
        """First and last name."""
        if self.index % 20 == 13:
            return _RARE_NAMES[self.index // 20 % len(_RARE_NAMES)]
        last = _LAST_NAMES[self.index // len(_FIRST_NAMES) % len(_LAST_NAMES)]
        return _FIRST_NAMES[self.index % len(_FIRST_NAMES)], last

    @property
    def email(self) -> str:
        """The address for the mail."""
        return "" if self.index % 40 == 39 else f"{self.login}@example.test"

    @property
    def login(self) -> str:
        """The user id."""
        return f"u{self.number}"

    @property
    def role(self) -> str:
        """The MiCollab role."""
        return _ROLES[self.index % len(_ROLES)]

    @property
    def has_client(self) -> bool:
        """Whether the phone can be a softphone."""
        return self.index % 25 != 24

    @property
    def spoilt(self) -> Any:
        """The number in a cell of its own type; every 50th was taken for a date."""
        return _SPOILT if self.index % 50 == 49 else float(self.number)

    def phone(self, softphone: str, other: str) -> str:
        """The phone type, in the words of the PBX."""
        return softphone if self.has_client else other


@frozen
class Export:
    """One kind of file: its columns, a person's cells, and how they are written."""

    header: tuple[str | None, ...]
    cells: Callable[[Person], tuple[Any, ...]]
    write: Callable[[Path, Rows], None]


def write_export(name: str, path: Path, users: int) -> None:
    """Write the export *name* (a key of `EXPORTS`) of a system with so many *users* to *path*."""
    export = EXPORTS[name]
    people = map(Person, range(users))
    export.write(path, _rows(export, people))


def _rows(export: Export, people: Iterator[Person]) -> Iterator[tuple[Any, ...]]:
    yield export.header
    yield from map(export.cells, people)


def _mivb(person: Person) -> tuple[str, ...]:
    phone = person.phone("UC Endpoint", "5330e IP")
    return (person.login, *person.names, person.email, person.number, phone, person.role)


def _mivb_sheet(person: Person) -> tuple[Any, ...]:
    phone = person.phone("External Hot Desk", "5330e IP")
    who = (person.login, *person.names, person.email)
    return (*who, person.spoilt, phone, person.role, None, None)


def _mivb_wizard(person: Person) -> tuple[str, ...]:
    phone = person.phone("UC Endpoint", "5330e IP")
    return (*person.names, f"{person.number}.0", phone, *[""] * 6)


def _mivb_bulk(person: Person) -> tuple[str, ...]:
    return (*person.names, person.login, person.email, person.role)


def _mivb_entry(person: Person) -> tuple[Any, ...]:
    number = FIRST_NUMBER + person.index
    guid = UUID(int=number).bytes_le
    known = (person.login, *person.names, person.number, person.role, person.email, guid)
    return (f"cn={person.login},ou=staff,dc=example,dc=test", *known)


def _mv5000(person: Person) -> tuple[str, ...]:
    phone = person.phone("SIP", "6930")
    return (person.number, *person.names, person.email, person.role, phone, "", "")


def _mx_one(person: Person) -> tuple[str, ...]:
    phone = person.phone("SIP", "H323")
    return (person.login, *person.names, person.number, person.email, person.role, phone)


def _mvo400(person: Person) -> tuple[Any, ...]:
    phone = person.phone("MiCollab Client", "Office 1560")
    return (person.spoilt, *person.names, person.email, person.role, phone, None, None)


def _mvo400_csv(person: Person) -> tuple[str, ...]:
    return (person.number, *person.names, person.email, person.role)


_WIZARD = (
    *("First Name", "Last Name", "Office phone number", "Office Device/User Type"),
    *("Hot Desk Login Accept", "Teleworker Phone Number", "Teleworker Device Type"),
    *("Teleworker MAC Address", "Voice Mailbox", "Record-A-Call"),
)
_USERS = ("Login ID", "First Name", "Last Name", "Email Address", "Directory Number")
_BULK = ("First Name", "Last Name", "Login ID", "Email Address", "Role")
_DIRECTORY = ("dn", "sAMAccountName", "givenName", "sn", "telephoneNumber", "employeeType", "mail")
_OFFICE = ("Number", "First name", "Last name", "E-mail", "MiCollab role")
_SUBSCRIPTIONS = ("Directory number", "First name", "Last name", "E-mail", "MiCollab role")
_EXTENSIONS = ("User ID", "First name", "Last name", "Extension", "Email", "MiCollab role")
_DIALLING = [("Number", "Name"), ("7001", "Taxi"), ("7002", "Bakery")]

EXPORTS = {
    "mivb": Export((*_USERS, "Device Type", "Role"), _mivb, write_csv),
    "mivb-wizard": Export(
        _WIZARD, _mivb_wizard, partial(write_csv, encoding="cp1252", separator=";")
    ),
    "mivb-bulk": Export(_BULK, _mivb_bulk, partial(write_csv, encoding="utf-8")),
    "mivb-xlsx": Export(
        (*_USERS, "Device Type", "Role", None, None),
        _mivb_sheet,
        partial(write_workbook, sheet="Users and devices", others={}),
    ),
    "mivb-ldif": Export((*_DIRECTORY, "objectGUID"), _mivb_entry, write_ldif),
    "mv5000": Export(
        (*_SUBSCRIPTIONS, "Phone type", "", ""),
        _mv5000,
        partial(write_csv, encoding="cp1252", separator=";"),
    ),
    "mx-one": Export(
        (*_EXTENSIONS, "Extension type"),
        _mx_one,
        partial(write_csv, encoding="utf-16", separator="\t"),
    ),
    "mvo400": Export(
        (*_OFFICE, "Terminal type", None, None),
        _mvo400,
        partial(write_workbook, sheet="User list", others={"Abbreviated dialling list": _DIALLING}),
    ),
    "mvo400-csv": Export(_OFFICE, _mvo400_csv, partial(write_csv, separator=";")),
}
