"""Arguments of the form NAME=VALUE, which are made from descriptions and not from lists."""

from collections.abc import Sequence
from pathlib import Path

from offhook import console
from offhook.errors import InvalidInput, Problem


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
    try:
        return Path(text[1:]).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"The value of {name} cannot be read from {text[1:]}: {error}"
        ) from error
