"""What a directory answers when it does not do what it was asked to, in sentences."""

import re
from collections.abc import Mapping
from typing import Any

from offhook.directories.values import Directory
from offhook.errors import BadAnswer, Refused, RemoteError, Unreachable

_SUB_CODE = re.compile(r"\bdata ([0-9a-f]{3})\b")  # Active Directory's, in its diagnostic message
_LOGINS = {
    "525": "there is no such user",
    "530": "it may not log in at this hour",
    "531": "it may not log in from this machine",
    "532": "its password has expired",
    "533": "it is disabled",
    "701": "it has expired",
    "773": "its password must be changed first",
    "775": "it is locked",
}
_LIMITS = {
    3: "the search takes longer than it allows",
    4: "there are more entries than it gives to one login",
    11: "the search is more work than it allows",
}
_ENCRYPT = {8, 13}
_LATER = {51, 52}
_REFERRAL, _NO_SUCH_OBJECT, _BAD_DN = 10, 32, 34
_BAD_LOGINS = {48, 49, 53}
_NO_RIGHTS = 50


def check(result: Mapping[str, Any], directory: Directory, base: str = "") -> None:
    """Raise `Refused`, `Unreachable` or `BadAnswer` unless the *result* of ldap3 is a success."""
    if result["result"]:
        raise _explain(result, directory, base)


def hidden(directory: Directory, base: str) -> Refused:
    """Say that *base* is not there, or is not shown to the login."""
    login = directory.bind_dn or "nobody (there is no login)"
    return Refused(
        f"{directory.server} shows no {base!r} to {login}.",
        hint="Check how the base DN is written, and that the login may read what is below it.",
    )


def _explain(result: Mapping[str, Any], directory: Directory, base: str) -> RemoteError:
    code, server = result["result"], directory.server
    if code in {_NO_SUCH_OBJECT, _NO_RIGHTS}:
        return hidden(directory, base)
    if code in _BAD_LOGINS and result["type"] == "bindResponse":
        return _login(result, directory)
    if code in _LIMITS:
        return Refused(
            f"{server} stops in the middle: {_LIMITS[code]} ({_words(result)}).",
            hint="Have the limit raised for this login, or narrow the base DN or the filter.",
        )
    return _other(result, directory, base)


def _login(result: Mapping[str, Any], directory: Directory) -> RemoteError:
    sub_code = _SUB_CODE.search(result["message"] or "")
    reason = _LOGINS.get(sub_code[1]) if sub_code else None
    return Refused(
        f"{directory.server} refuses the login {directory.bind_dn!r}: {reason or _words(result)}.",
        hint="Check the login's name (a DN, or what the directory takes instead) and its password.",
    )


def _other(result: Mapping[str, Any], directory: Directory, base: str) -> RemoteError:
    code, server, words = result["result"], directory.server, _words(result)
    if code == _BAD_DN:
        name = base if result["type"] != "bindResponse" else directory.bind_dn
        return Refused(
            f"{server} cannot read the name {name!r} ({words}).",
            hint="A DN looks like ou=people,dc=example,dc=org.",
        )
    if code == _REFERRAL:
        return Refused(
            f"{server} does not hold {base!r}, and points to {', '.join(result['referrals'])}.",
            hint="Set host to a server that holds it: referrals are not followed.",
        )
    if code in _ENCRYPT:
        return Refused(
            f"{server} wants encryption ({words}).", hint="Set security to ldaps or starttls."
        )
    if code in _LATER:
        return Unreachable(f"{server} is not ready ({words}).", hint="It may be in a while.")
    return BadAnswer(
        f"{server} does not do what it was asked to: {words}.",
        hint="Look into the directory server's log; some want a login first.",
    )


def _words(result: Mapping[str, Any]) -> str:
    """Return name and words of a result, in one line that cannot disturb a terminal."""
    said = "".join(each if each.isprintable() else " " for each in result["message"] or "")
    return f"{result['description']}: {said.strip()[:300]}" if said else result["description"]
