"""What a simulated MX-ONE holds: as many users as wanted, always the same, and their codes."""

import hashlib
from collections.abc import Mapping
from typing import Any

from attrs import frozen

SUBSYSTEM = "MX1"
ADMINISTRATOR, PASSWORD = "admin", "provision"
REALM = "mx-one"
ROLES = ("UCC (Vx.0) Entry", "UCC (Vx.0) Standard", "UCC (Vx.0) Premium")
LENGTHS = {"CLEARTEXT": range(2, 65), "MD5A1": (32,), "SHA256": (64,), "SHA256_MD5A1": (64,)}
_FIRST = 10_000
_FIRST_NAMES = ("Ana", "Björn", "Chloé", "Dmitri", "Esra", "Finn", "Giulia", "Håkan", "Ines", "Jan")
_LAST_NAMES = ("Ruiz", "Öberg", "O'Neill", "Sørensen", "Yildiz", "van Dijk", "D'Amico", "Müßig")


def number_of(index: int) -> str:
    """Return the number of the user at *index*."""
    return str(_FIRST + index)


def has_client(index: int) -> bool:
    """Tell whether the user at *index* has an extension that a softphone can be: 24 of 25."""
    return index % 25 != 24


def user_at(index: int) -> dict[str, Any]:
    """Return the user at *index* as the interface shows it; every 40th has no e-mail address."""
    number = number_of(index)
    extension = {
        "extensionNumber": number,
        "ipExtensionType": "SIP" if has_client(index) else "H323",
    }
    return {
        "userId": f"u{number}",
        "firstName": _FIRST_NAMES[index % len(_FIRST_NAMES)],
        "lastName": _LAST_NAMES[index % len(_LAST_NAMES)],
        "emailAddress": f"user{number}@example.test" if index % 40 != 39 else "",
        "micollabRole": ROLES[index % len(ROLES)],
        "subsystemName": SUBSYSTEM,
        "extensions": [extension],
    }


def extension_at(index: int) -> dict[str, Any]:
    """Return the extension of the user at *index*."""
    user = user_at(index)
    names = {"firstName": user["firstName"], "lastName": user["lastName"]}
    return {**user["extensions"][0], "customer": "0", "nameIdentity": names}


@frozen
class StoredCode:
    """An authorisation code as it was pushed."""

    code: str
    hash_type: str


def admits(stored: StoredCode, number: str, password: str) -> bool:
    """Tell whether a phone that registers as *number* with *password* would be let in."""
    clear = f"{number}:{REALM}:{password}".encode()
    md5 = hashlib.md5(clear, usedforsecurity=False).hexdigest()
    wanted: Mapping[str, str] = {
        "CLEARTEXT": password,
        "MD5A1": md5,
        "SHA256": hashlib.sha256(clear).hexdigest(),
        "SHA256_MD5A1": hashlib.sha256(md5.encode()).hexdigest(),
    }
    return stored.code == wanted[stored.hash_type]
