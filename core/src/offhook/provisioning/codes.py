"""QR codes of addresses: as PNG for mails and pages, as SVG for paper, as text for terminals."""

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from offhook.errors import InvalidInput, Problem

SCALE = 6
_BORDER = 4
_MASK = 2  # fixed: looking for the best one takes three times as long, and scanners do not care


def as_png(text: str, *, scale: int = SCALE) -> bytes:
    """Return the code of *text* as a black and white PNG, *scale* pixels a module."""
    rows = _modules(text)
    lines = b"".join((b"\0" + _pixels(row, scale)) * scale for row in rows)
    size = len(rows) * scale
    head = struct.pack(">IIBBBBB", size, size, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(kind, data) for kind, data in parts)


def as_svg(text: str) -> str:
    """Return the code of *text* as an SVG that scales."""
    rows = _modules(text)
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
        'shape-rendering="crispEdges" role="img" aria-label="QR code">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )


def as_text(text: str) -> str:
    """Return the code of *text* in half blocks, light on dark, two modules a line."""
    rows = _modules(text)
    if len(rows) % 2:
        rows = [*rows, [False] * len(rows)]
    blocks = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
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


def _modules(text: str) -> Sequence[Sequence[bool]]:
    """Return rows of modules, dark ones true, with the quiet border."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=_BORDER, mask_pattern=_MASK)
    code.add_data(text)
    code.make(fit=True)
    rows: Sequence[Sequence[bool]] = code.get_matrix()
    return rows


def _pixels(row: Sequence[bool], scale: int) -> bytes:
    bits = "".join(("0" if dark else "1") * scale for dark in row)
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _part(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
