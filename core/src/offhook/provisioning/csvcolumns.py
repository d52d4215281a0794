"""The columns of a users CSV file: their names, and what is written under them."""

from collections.abc import Iterable
from typing import BinaryIO

from offhook.model.described import describe
from offhook.model.users import User, UserFields
from offhook.sheets.csvfile import write_csv

ID, PROFILE = "id", "profile"
FIELDS = describe(UserFields)
PASSWORDS = tuple(name for name, each in FIELDS.items() if each.secret and name != "pin")
TITLES = {ID: "ID", PROFILE: "Profile", **{name: each.label for name, each in FIELDS.items()}}
_ALIASES = {
    PROFILE: ("Deployment profile",),
    "first_name": ("Forename", "Given name"),
    "last_name": ("Surname", "Family name", "Name"),
    "number": ("Number", "Extension", "Extension number", "DN"),
    "email": ("E-mail address", "Mail"),
    "pbx_host": ("PBX host", "SIP host"),
    "pbx_username": ("PBX user name", "SIP user name", "Device number", "ICP-side Username"),
    "pbx_password": ("SIP password", "ICP-side Password"),
    "gateway_username": (
        "MBG user name",
        "Gateway user name",
        "Teleworker SIP user name",
        "Set-side Username",
    ),
    "gateway_password": ("Gateway password", "Teleworker SIP password", "Set-side Password"),
    "client_service_host": ("MiCollab Client Service host", "MiCollab Client host"),
    "client_service_username": (
        "MiCollab Client Service user name",
        "MiCollab Client Service account",
        "Client service account",
    ),
    "client_service_password": ("MiCollab Client Service password", "MiCollab Client password"),
    "pin": ("PIN",),
}
KNOWN = {name: (title, *_ALIASES.get(name, ())) for name, title in TITLES.items()}
EXPORTED = tuple(name for name in TITLES if name not in PASSWORDS)


def write_template(stream: BinaryIO) -> None:
    """Write a file with the columns for new users, and no row."""
    write_csv(stream, [title for name, title in TITLES.items() if name != ID], [])


def write_users(stream: BinaryIO, users: Iterable[User]) -> int:
    """Write a row per user, with PIN and without passwords; returns how many there were."""
    rows = ([_text(user, name) for name in EXPORTED] for user in users)
    return write_csv(stream, [TITLES[name] for name in EXPORTED], rows)


def _text(user: User, name: str) -> str:
    if name == "pin":
        return user.pin.reveal() if user.pin else ""
    return str(getattr(user, name))
