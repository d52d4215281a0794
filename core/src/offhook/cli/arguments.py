"""Arguments that several commands take: users, and values in the form NAME=VALUE."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from offhook import console
from offhook.errors import InvalidInput, Problem
from offhook.model.users import Selection
from offhook.provisioning import profiles, users

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
    return read_text(Path(text[1:]), f"The value of {name}").rstrip("\r\n")


def read_text(path: Path, what: str) -> str:
    """Return the text of a file; raises `InvalidInput` saying *what* cannot be read, and why."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError:
        reason = "it is no text in UTF-8"
    raise InvalidInput(f"{what} cannot be read from {path}: {reason}.", hint="Check the file.")
