"""Reads what was rendered for baresip after the syntax of its files, with nothing of the plugin."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

ADDRESS = re.compile(r'(?:"((?:[^"\\]|\\.)*)" )?<sip:([^@>]*)@([^;>]+);transport=(\w+)>(;.*)')
# Up to a blank or semicolon; quotation marks and backslashes keep these from ending it.
VALUE = r'((?:\\.|"(?:[^"\\]|\\.)*(?:"|\\?$)|[^ ;"\\])+)'


def parts(body: bytes) -> dict[str, list[str]]:
    """Return the lines of every part, by its name."""
    found: dict[str, list[str]] = {}
    for line in body.decode().split("\n")[:-1]:
        if re.fullmatch(r"\[[a-z.]+\]", line):
            lines = found.setdefault(line[1:-1], [])
        else:
            lines.append(line)
    return found


def settings(body: bytes) -> Mapping[str, str]:
    """Return the lines of ``config`` by key, of two the first."""
    lines = [line.split(" ", 1) for line in parts(body)["config"]]
    return dict(reversed([(key, text) for key, text in lines]))


def account(line: str) -> dict[str, str]:
    """Return an account as baresip and the PBX read it."""
    match = ADDRESS.fullmatch(line)
    assert match, line
    name, user, host, transport, parameters = match.groups()
    names = re.findall(r";(\w+)=", re.sub(VALUE[1:-1], _without_semicolons, parameters))
    return {
        "name": re.sub(r"\\(.)", r"\1", name or ""),
        "user": unquote(user),
        "host": host,
        "transport": transport,
        **{each: parameter(parameters, each) for each in names},
    }


def parameter(parameters: str, name: str) -> str:
    """Return a parameter: where its name stands first, without the quotation marks around it."""
    match = re.search(rf";\s*{name}\s*=\s*{VALUE}", parameters, re.IGNORECASE)
    value = match[1] if match else ""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _without_semicolons(match: re.Match[str]) -> str:
    return match[0].replace(";", "")
