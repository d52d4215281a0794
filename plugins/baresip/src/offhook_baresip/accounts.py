"""A line of baresip's ``accounts``, and what has no way into one."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from offhook.api import (
    Account,
    ConfigDocument,
    Credentials,
    DeviceLink,
    InvalidInput,
    Problem,
    at_host,
    not_text,
    refuse_unusable,
)
from offhook_baresip.table import SRTP

LONGEST = 511  # bytes; of longer lines baresip 1.0 loses the end without a word
REGISTER_EVERY = 600  # seconds

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[\w.:\[\]-]+", re.ASCII)
_PARAMETER = re.compile(r";\s*\w+\s*=")


def account_line(account: Account, parameters: Sequence[str]) -> str:
    """
    Return *account* with *parameters* as baresip reads it.

    The password comes last: an open quotation mark in it then ends with the line. Without a port
    baresip looks up host and port by DNS SRV.
    """
    login = account.credentials
    user, server = quote(login.username, safe="-_.!~*'()+"), at_host(login.host)
    proxy = f"sip:{at_host(login.host, account.port)};transport={account.transport}"
    parts = [
        f"{_named(account.display_name)}<sip:{user}@{server}",
        f"transport={account.transport}>",
        f'auth_user="{login.username}"',
        f'outbound="{proxy}"' if account.port else "",
        f"regint={REGISTER_EVERY}",
        f"mediaenc={SRTP[account.srtp]}" if account.srtp in SRTP else "",
        *parameters,
        f'auth_pass="{login.password.reveal()}"',
    ]
    return ";".join(filter(None, parts))


def refuse_unwritable(document: ConfigDocument, device: DeviceLink, lines: Sequence[str]) -> None:
    """Raise `InvalidInput` naming what baresip would not read as it is meant."""
    refuse_unusable(document, device, _not_in_a_line, client="baresip")
    problems = [
        problem
        for account, line in zip(document.accounts, lines, strict=True)
        for problem in _problems(account.credentials, line)
    ]
    if problems:
        raise InvalidInput(
            f"The accounts of {document.whose!r} cannot be written for baresip:",
            problems,
            hint="Correct the user's data, or the host in the profile, then deploy again.",
        )


def _problems(login: Credentials, line: str) -> Iterator[Problem]:
    password = login.password.reveal()
    if not _HOST.fullmatch(login.host):
        yield Problem(f"{login.side} host", login.host, "is neither a name nor an address")
    if set(login.username) & set('"\\;'):
        yield Problem(f"{login.side} user name", login.username, 'holds one of " \\ ;')
    if not password or _ends_early(password):
        reason = 'baresip would ask for it, or read a part of it: a blank or ; behind an odd "'
        yield Problem(f"{login.side} password", "****", reason)
    if _PARAMETER.search(password):
        yield Problem(f"{login.side} password", "****", "baresip would take a part for a setting")
    if len(line.encode()) > LONGEST:
        reason = (
            f"make a line of more than {LONGEST} bytes together, of which baresip loses the end"
        )
        yield Problem("display name, user name, host and password", "", reason)


def _not_in_a_line(value: str) -> str:
    if _CONTROL.search(value):
        return "holds a line break or another control character: an account is one line"
    return not_text(value)


def _named(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" ' if name else ""


def _ends_early(password: str) -> bool:
    """Tell whether what ends a parameter stands in it where baresip sees no quotation."""
    quoted, escaped = True, False
    for character in password:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif not quoted and character in " ;":
            return True
    return False
