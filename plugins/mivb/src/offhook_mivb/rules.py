"""What the system asks of users and their devices; each rule tells the reason why one fails it."""

import re
from collections.abc import Container, Mapping

from offhook.api import object_to_number
from offhook_mivb.words import find_word

_LOGIN = re.compile(r"(?![^@, ]*[^\x21-\x7e])[^@, ]{2,21}")
BULK_ROWS = 5000  # as many rows the bulk format may have

Values = Mapping[str, str]


def knows_numbers(columns: Container[str]) -> bool:
    """Whether the source has a column of devices: then rows without a number are left out."""
    return any(name in columns for name in ("number", "phone_type", "second_number"))


def is_bulk(columns: Container[str]) -> bool:
    """Whether the source has the form of bulk provisioning: roles, but no numbers yet."""
    return "role" in columns and not knows_numbers(columns)


def why_not_person(values: Values, facts: str) -> str:
    """Return why nobody of a row can have a client, empty where somebody may."""
    if find_word("licence", values.get("softphone", ""), facts):
        return "it has no licence for the mobile SIP softphone"
    if is_bulk(values):
        return _why_not_bulk(values)
    nameless = not knows_numbers(values) and not values.get("login")
    return "it has neither a directory number nor a login" if nameless else ""


def why_not_device(number: str, phone_type: str | None, facts: str, *, first: bool) -> str:
    """
    Return why a device can have no client; its phone type is None where it is not known.

    Then only a person's *first* device is taken for one that can.
    """
    if reason := object_to_number(number):
        return reason
    if phone_type is None:
        return "" if first else "of a second number it must be known what phone it has"
    if find_word("phone", phone_type, facts):
        return ""
    return f"phone type {phone_type!r} has no client" if phone_type else "it has no phone type"


def has_teleworker(values: Values, facts: str) -> bool:
    """Whether the border gateway serves the user; assumed where the source does not say."""
    return not find_word("licence", values.get("teleworker", ""), facts)


def has_weak_password(values: Values, facts: str) -> bool:
    """Whether the user's SIP password is said to be neither random nor a value of its own."""
    option = values.get("password_option", "")
    return bool(option) and not find_word("password", option, facts)


def _why_not_bulk(values: Values) -> str:
    if not values.get("last_name"):
        return "it has no last name"
    login = values.get("login", "")
    if not _LOGIN.fullmatch(login):
        return f"login {login!r} is not of 2 to 21 ASCII characters without @, comma and space"
    if not values.get("role"):
        return "it has no role"
    return ""
