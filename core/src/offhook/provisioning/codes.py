"""QR codes of addresses: as PNG for mails and pages, as SVG for paper, as text for terminals."""

import struct
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode
from qrcode.util import QRData

from offhook.errors import InvalidInput, Problem

SCALE = 6
_BORDER = 4
_MASK = 2  # fixed: looking for the best one takes three times as long, and scanners do not care
_WIDER = str.maketrans({"0": "1" * SCALE, "1": "0" * SCALE})


def as_png(text: str, *, start: str = "") -> bytes:
    """
    Return the code of *text* as a black and white PNG, six pixels a module.

    Name the *start* that many texts have in common: the first few take longer, the others a tenth.
    """
    rows = _combined(start, text.removeprefix(start)) if start else _modules(text.encode())
    size = len(rows) * SCALE
    head = struct.pack(">IIBBBBB", size, size, 1, 0, 0, 0, 0)
    lines = b"".join(_lines(row) for row in rows)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(kind, data) for kind, data in parts)


def as_svg(text: str) -> str:
    """Return the code of *text* as an SVG that scales."""
    rows = _modules(text.encode())
    path = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark == "1"
    )
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
        'shape-rendering="crispEdges" role="img" aria-label="QR code">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )


def as_text(text: str) -> str:
    """Return the code of *text* in half blocks, light on dark, two modules a line."""
    rows = _modules(text.encode())
    if len(rows) % 2:
        rows = [*rows, "0" * len(rows)]
    blocks = {("0", "0"): "█", ("0", "1"): "▀", ("1", "0"): "▄", ("1", "1"): " "}
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join(
        "".join(blocks[up, down] for up, down in zip(upper, lower, strict=True))
        for upper, lower in pairs
    )


def write_file(text: str, path: Path) -> None:
    """Write the code of *text* as a .png or .svg file, by the ending of its name."""
    ending = path.suffix.lower()
    if ending not in (".png", ".svg"):
        raise InvalidInput(
            "The code cannot be written:", [Problem("file", str(path), "use .png or .svg")]
        )
    try:
        path.write_bytes(as_png(text) if ending == ".png" else as_svg(text).encode())
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.") from error


def _modules(text: bytes) -> Sequence[str]:
    """Return rows of modules, dark ones "1" and light ones "0", with the quiet border."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=_BORDER, mask_pattern=_MASK)
    code.add_data(QRData(text))  # one kind of text, so that codes of one length are alike
    code.make(fit=True)
    return ["".join("1" if dark else "0" for dark in row) for row in code.get_matrix()]


def _combined(start: str, rest: str) -> Sequence[str]:
    """
    Return the modules of ``start + rest``, put together from what each bit of *rest* changes.

    With a fixed mask, all that makes a code of a text of this length is linear in the text's bits.
    """
    data = rest.encode()
    size, number = _zeros(start, len(data))
    for place, character in enumerate(data):
        for bit in range(8):
            if character >> bit & 1:
                number ^= _change(start, len(data), place, bit)
    text = f"{number:0{size * size}b}"
    return [text[at : at + size] for at in range(0, size * size, size)]


@cache
def _zeros(start: str, length: int) -> tuple[int, int]:
    """Return the size of the code of *start* and so many zero bytes, and its modules as bits."""
    rows = _modules(start.encode() + bytes(length))
    return len(rows), int("".join(rows), 2)


@cache
def _change(start: str, length: int, place: int, bit: int) -> int:
    """Return which modules the *bit* at *place* behind *start* changes."""
    data = bytearray(start.encode() + bytes(length))
    data[place - length] = 1 << bit
    return int("".join(_modules(bytes(data))), 2) ^ _zeros(start, length)[1]


def _lines(row: str) -> bytes:
    """Return the pixels of a row: its first line, then as often as it takes "as above"."""
    bits = row.translate(_WIDER)
    bits += "1" * (-len(bits) % 8)
    width = len(bits) // 8
    above = b"\2" + bytes(width)
    return b"\0" + int(bits, 2).to_bytes(width, "big") + above * (SCALE - 1)


def _part(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
