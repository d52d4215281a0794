"""The SIP users of a simulated border gateway, with what it insists on when they are written."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from offhook_simulators.mbg_data import (
    AVAILABILITY,
    MAKER,
    SIP_USER,
    USER_ID,
    USER_OWNER,
    USER_REGISTERED,
    Node,
    Refused,
    Settings,
    name_at,
    user_at,
)

_NAME, _PASSWORD = SIP_USER["Set-side Username"], SIP_USER["Set-side Password"]
_NUMBER, _ICP_PASSWORD = SIP_USER["ICP-side Username"], SIP_USER["ICP-side Password"]
_ICP, _ENABLED = SIP_USER["Configured ICP"], SIP_USER["Enabled"]
_AVAILABILITY, _ZONE = SIP_USER["Availability"], SIP_USER["Cluster Zone"]
_FEWEST = 8  # characters of a password
_KINDS = ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")
_NEW = dict.fromkeys(SIP_USER.values(), "") | {_ENABLED: True, _AVAILABILITY: AVAILABILITY[0]}


class SipUsers:
    """
    *count* users who are made up when they are asked for, and those who were written.

    *changes* are other values of some of them, by index. ``registered`` holds the set-side names
    whose devices are registered right now. Codes of errors are in `CODES`.
    """

    def __init__(
        self,
        count: int,
        settings: Settings,
        nodes: list[Node],
        changes: Mapping[int, Mapping[str, Any]],
    ) -> None:
        self._settings, self._nodes = settings, nodes
        self._written = {str(each + 1): {**user_at(each), **changes[each]} for each in changes}
        self._owners: dict[str, str] = {}
        names = {str(each + 1): name_at(each) for each in range(count)}
        self._names = names | {each: user[_NAME] for each, user in self._written.items()}
        self._ids = {name: each for each, name in self._names.items()}
        self._last = count
        self.registered: set[str] = set()

    def __len__(self) -> int:
        return len(self._names)

    def ids(self, page: int, size: int) -> Iterator[str]:
        """Yield the ids of a page, the oldest first."""
        return islice(self._names, page * size, (page + 1) * size)

    def find(self, name: str) -> str | None:
        """Return the id of the one whose set-side name it is."""
        return self._ids.get(name)

    def shown(self, user: str, *, password: bool) -> dict[str, Any]:
        """Return a user by its keys in JSON; the password for the PBX is never shown."""
        hidden = {_ICP_PASSWORD} if password else {_ICP_PASSWORD, _PASSWORD}
        fields = {key: value for key, value in self._read(user).items() if key not in hidden}
        return {
            USER_ID: user,
            USER_OWNER: self._owners.get(user, MAKER),
            USER_REGISTERED: self._names[user] in self.registered,
            **fields,
        }

    def password(self, name: str) -> str:
        """Return what a phone registers with as *name*."""
        return str(self._read(self._ids[name])[_PASSWORD])

    def create(self, given: Mapping[str, Any], consumer: str) -> str:
        """Make a user of *given* and return its id."""
        user = str(self._last + 1)
        fields = {**_NEW, _ZONE: self._nodes[0].zone, **given}
        self._check(fields, given)
        self._owners[user] = consumer
        self._store(user, fields)
        self._last += 1
        return user

    def change(self, user: str, given: Mapping[str, Any]) -> None:
        """Overwrite what is *given*, credentials included."""
        old = self._read(user)
        fields = {**old, **given}
        self._check(fields, given, old[_NAME])
        del self._ids[old[_NAME]]
        self._store(user, fields)

    def delete(self, user: str, consumer: str) -> None:
        """Remove a user whom *consumer* made."""
        name = self._read(user)[_NAME]
        owner = self._owners.get(user, MAKER)
        if owner != consumer:
            raise Refused("not_owner", f"{name} was made by {owner}; only it can remove it")
        del self._names[user], self._ids[name], self._owners[user]
        self._written.pop(user)

    def _read(self, user: str) -> dict[str, Any]:
        if user not in self._names:
            raise Refused("user_unknown", f"There is no SIP user {user}")
        return self._written.get(user) or user_at(int(user) - 1)

    def _store(self, user: str, fields: dict[str, Any]) -> None:
        self._written[user] = fields
        self._names[user] = fields[_NAME]
        self._ids[fields[_NAME]] = user

    def _check(self, fields: dict[str, Any], given: Mapping[str, Any], name: str = "") -> None:
        _check_fields(fields, {node.zone for node in self._nodes})
        if fields[_NAME] != name and fields[_NAME] in self._ids:
            raise Refused("name_in_use", f"There is a SIP user {fields[_NAME]} already")
        if fields[_ICP] not in {icp.address for icp in self._settings.icps}:
            raise Refused("icp_mismatch", f"No ICP has the address {fields[_ICP] or '(none)'}")
        if (_PASSWORD in given or not name) and not self._settings.weak and _is_weak(fields):
            raise Refused("weak_password", f"The set-side password of {fields[_NAME]} is weak")


def _check_fields(fields: Mapping[str, Any], zones: set[str]) -> None:
    unknown = fields.keys() - _NEW.keys()
    wrong = {key for key in _NEW if not isinstance(fields[key], type(_NEW[key]))}
    if unknown or wrong:
        raise Refused("field_invalid", f"Unknown or of a wrong type: {sorted(unknown | wrong)}")
    if not fields[_NAME] or not fields[_PASSWORD]:
        raise Refused("field_invalid", "A set-side name and a set-side password are needed")
    if fields[_AVAILABILITY] not in AVAILABILITY:
        raise Refused("field_invalid", f"{_AVAILABILITY} is one of {', '.join(AVAILABILITY)}")
    if fields[_ZONE] not in zones:
        raise Refused("field_invalid", f"{_ZONE} is one of {', '.join(sorted(zones))}")


def _is_weak(fields: Mapping[str, Any]) -> bool:
    password = fields[_PASSWORD]
    kinds = sum(bool(re.search(kind, password)) for kind in _KINDS)
    names = [fields[key] for key in (_NAME, _NUMBER) if fields[key]]
    return len(password) < _FEWEST or kinds < 3 or any(name in password for name in names)
