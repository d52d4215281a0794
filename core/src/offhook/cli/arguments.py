"""Arguments that several commands take: users, and values in the form NAME=VALUE."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from offhook import console
from offhook.errors import InvalidInput, Problem
from offhook.model.users import Selection
from offhook.provisioning import profiles, users

_DER = b"\x30\x82"  # a sequence (X.690), longer than 255 octets: no text begins so
Names = Annotated[
    list[str] | None, typer.Argument(metavar="USER...", help="Numbers, connection/number or ids.")
]
Everyone = Annotated[bool, typer.Option("--all", help="Every user.")]
Search = Annotated[str, typer.Option(help="In name, number, e-mail and MBG SIP user name.")]
OfProfile = Annotated[str, typer.Option("--profile", help="Users with this profile.")]


def select_users(
    wired: Any, names: Sequence[str], everyone: bool, search: str, profile: str
) -> Selection:
    """Return the users meant; raises `BadParameter` unless they are given in exactly one way."""
    if bool(names) + everyone + bool(search or profile) != 1:
        raise typer.BadParameter("name users, or give --all, or --search and --profile")
    with wired.store.read() as tx:
        if profile:
            profiles.get(tx, profile)
        ids = tuple({users.find(tx, name).id for name in names}) if names else None
    return Selection(ids=ids, search=search, profile=profile)


def read_pairs(pairs: Sequence[str]) -> dict[str, str]:
    """
    Return names and texts of NAME=VALUE arguments.

    ``NAME=-`` asks for the value without showing it, ``NAME=@FILE`` reads it from a file, so that a
    password need not stand on the command line.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise InvalidInput(
                "An argument is not of the form NAME=VALUE:",
                [Problem("argument", name, "the = and the value are missing")],
            )
        found[name.strip().replace("-", "_")] = _value(name, text)
    return found


def _value(name: str, text: str) -> str:
    if text == "-":
        return console.ask_secret(name).reveal()
    if not text.startswith("@"):
        return text
    return _read_value(Path(text[1:]), f"The value of {name}")


def _read_value(path: Path, what: str) -> str:
    """Return the text of a file, or, of a certificate in DER, its base64."""
    try:
        with path.open("rb") as file:
            is_der = file.read(2) == _DER
    except OSError:
        is_der = False
    if is_der:
        return base64.b64encode(path.read_bytes()).decode()
    return read_text(path, what).rstrip("\r\n")


def read_text(path: Path, what: str) -> str:
    """Return the text of a file; raises `InvalidInput` saying *what* cannot be read, and why."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError:
        reason = "it is no text in UTF-8"
    raise InvalidInput(f"{what} cannot be read from {path}: {reason}.", hint="Check the file.")
