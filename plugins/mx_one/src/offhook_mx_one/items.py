"""Reads users as the Provisioning Manager shows them, as rows of texts like those of a file."""

from collections.abc import Mapping
from typing import Any

from offhook.api import Record
from offhook_mx_one.client import Names, find

_ABSENT: Any = object()


class Items:
    """Reads one user after the other; *names* are the facts about them."""

    def __init__(self, names: Names) -> None:
        self._extensions = names["user.extensions"]
        self._of_user = [each for each in _section(names, "user") if each[0] != "extensions"]
        self._of_extension = _section(names, "extension")
        self._phone, self._deployable = names["extension.phone"], deployable(names)

    def read(self, item: Mapping[str, Any], number: int) -> Record:
        """Return *item*, the user at *number*, with a field for each key that it has."""
        values: dict[str, str] = {}
        faults = _read_into(values, item, self._of_user)
        faults += _read_into(values, self._extension_of(item), self._of_extension)
        return Record(number, values, f"{', '.join(faults)}: no text" if faults else "")

    def _extension_of(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the extension of a user that can have a client, else the first, else the user."""
        found = find(item, self._extensions)
        if not isinstance(found, list):
            return item
        extensions = [each for each in found if isinstance(each, dict)]
        for each in extensions:
            phone = find(each, self._phone)
            if not phone or str(phone).casefold() in self._deployable:
                return each
        return extensions[0] if extensions else {}


def deployable(names: Names) -> frozenset[str]:
    """Return the types of phones that can have a client, to compare casefolded ones with."""
    return frozenset(map(str.casefold, names["phone.deployable"]))


def _section(names: Names, section: str) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (name.removeprefix(f"{section}."), tuple(keys))
        for name, keys in names.items()
        if name.startswith(f"{section}.")
    ]


def _read_into(
    values: dict[str, str], item: Mapping[str, Any], fields: list[tuple[str, tuple[str, ...]]]
) -> list[str]:
    """Add what *item* says of *fields*; return those that hold no text."""
    faults = []
    for field, keys in fields:
        value = item.get(keys[0], _ABSENT)
        if value is _ABSENT and len(keys) > 1:
            value = next((item[key] for key in keys if key in item), _ABSENT)
        if type(value) is str:
            values[field] = value.strip()
        elif value is None or type(value) is int:
            values[field] = "" if value is None else str(value)
        elif value is not _ABSENT:
            faults.append(field)
    return faults
