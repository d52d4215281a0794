"""Header lines: written as they are where they can be, encoded elsewhere, folded past column 76."""

import re
from base64 import b64encode
from collections.abc import Sequence

_WIDTH = 76
_FRAME = len("=?utf-8?b??=")
_PLAIN = re.compile(r"(?!.*=\?)[!-~]+(?: [!-~]+)*")


def words_of(text: str, field: str) -> list[str]:
    """Return *text* as words between which the header *field* can be folded."""
    words = text.split(" ")
    fits = _PLAIN.fullmatch(text) and max(map(len, words)) <= _WIDTH - _start(field)
    return words if fits else encode(text, field)


def encode(text: str, field: str) -> list[str]:
    """Return *text* as encoded words (RFC 2047): as many as fill the lines of *field*."""
    words, column = [], _start(field)
    while text:
        room = (_WIDTH - _FRAME - column) // 4 * 3
        piece = text[:room].encode()[:room].decode(errors="ignore")  # no half character
        words.append(f"=?utf-8?b?{b64encode(piece.encode()).decode()}?=")
        text, column = text[len(piece) :], 1
    return words


def fold(field: str, words: Sequence[str]) -> str:
    """Return the header line *field* with *words*, without its line end."""
    lines = [f"{field}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _WIDTH:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)


def _start(field: str) -> int:
    return len(f"{field}: ")
