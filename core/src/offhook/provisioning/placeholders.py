"""Placeholders in the administrators' text of the mail: ``[#####firstname#####]`` and friends."""

import re
from collections.abc import Callable, Mapping
from html import escape

from offhook.errors import InvalidInput, Problem

STORES = ("appstore", "playstore", "microsoftstore", "bbworld", "appstore_mac", "winpc")
SECRETS = ("link", "authtoken", "qrcode")
KNOWN = ("firstname", "lastname", "dn", "page", *STORES, *SECRETS)

_PLACEHOLDER = re.compile(r"\[(#{3,})\s*([\w-]+)\s*(#{3,})\]")
_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]")
_LINK_STYLE = "color:#0b57d0"


def check(subject: str, body: str) -> list[str]:
    """
    Return warnings about placeholders that a body should have and has not.

    Raises `InvalidInput` naming every placeholder that is unknown, misspelt, or in the subject
    although it is a secret.
    """
    problems = [
        Problem("subject", shown, "use it in the body: a subject is shown on locked screens")
        for shown, name in _found(subject)
        if name in SECRETS
    ]
    for field, text in (("subject", subject), ("body", body)):
        problems += [
            Problem(field, shown, f"unknown placeholder; known are {', '.join(KNOWN)}")
            for shown, name in _found(text)
            if name not in KNOWN or not _has_right_marks(shown)
        ]
    if problems:
        raise InvalidInput("The text of the mail cannot be used:", problems)
    present = {name for _, name in _found(body)}
    return [
        f"The body has no [#####{name}#####]: {_LACKING[name]}"
        for name in SECRETS
        if body and name not in present
    ]


def fill_line(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with *values* as one line: for subjects."""
    filled = _replace(text, lambda name: values.get(name, ""))
    return " ".join(re.sub(r"\(\s*\)", "", filled).split())


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with *values*; lines whose stores or pictures are all empty are left out."""
    kept = [line for line in text.splitlines() if not _is_void(line, values)]
    return "\n".join(_replace(line, lambda name: values.get(name, "")) for line in kept)


def fill_html(text: str, values: Mapping[str, str], *, picture: str) -> str:
    """
    Return *text* with *values* as HTML: everything escaped, addresses as links.

    *picture* is the HTML of the code.
    """
    shown = {**values, "qrcode": "(code)"}
    html = []
    for line in text.splitlines():
        if not _is_void(line, shown):
            parts = re.split(r"(\[#{4,5}\s*qrcode\s*#{4,5}\])", line, flags=re.IGNORECASE)
            html += [
                picture if odd else _linked(_replace(part, lambda name: values.get(name, "")))
                for odd, part in ((index % 2, part) for index, part in enumerate(parts))
            ]
            html.append("<br>\n")
    return "".join(html)


def _linked(text: str) -> str:
    """Return *text* as HTML in which addresses are links."""
    parts, end = [], 0
    for match in _ADDRESS.finditer(text):
        address = escape(match[0])
        parts.append(escape(text[end : match.start()]))
        parts.append(f'<a href="{address}" style="{_LINK_STYLE}">{address}</a>')
        end = match.end()
    return "".join(parts) + escape(text[end:])


def _replace(text: str, value_of: Callable[[str], str]) -> str:
    return _PLACEHOLDER.sub(
        lambda match: value_of(match[2].lower()) if _has_right_marks(match[0]) else match[0], text
    )


def _is_void(line: str, values: Mapping[str, str]) -> bool:
    """Whether a line lives from store links or the code, and none of them has a value."""
    names = [name for _, name in _found(line) if name in (*STORES, "qrcode")]
    return bool(names) and not any(values.get(name) for name in names)


def _found(text: str) -> list[tuple[str, str]]:
    return [(match[0], match[2].lower()) for match in _PLACEHOLDER.finditer(text)]


def _has_right_marks(shown: str) -> bool:
    """Whether a placeholder is written with four or five marks on either side."""
    return all(len(marks) in (4, 5) for marks in re.findall("#+", shown))


_LACKING = {
    "link": "nobody can open the page from the mail",
    "authtoken": "nobody can type the code where scanning fails",
    "qrcode": "there is nothing to scan",
}
