"""Speaks HTTP and WebSocket over a connection that is there, and says what came of it."""

import asyncio
import http.client
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from attrs import field, frozen
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.frames import Close
from websockets.uri import parse_uri

SETTLING = 1.0  # seconds in which a server hangs up that will not have us
_LONGEST_HEAD = 65_536  # bytes
_END_OF_HEAD = b"\r\n\r\n"
_IN_PATHS = "/%?&=;:@!$'()*+,~"  # what may stand in an address as it is
_LAST_CHUNK = b"0\r\n\r\n"


class NotHttp(Exception):
    """What came back is no answer of HTTP, or none that a WebSocket can begin with."""


@frozen
class Answer:
    """The head of an answer of HTTP, and as much of its body as was wanted."""

    status: int
    reason: str
    headers: Any = field(repr=False)  # http.client.HTTPMessage: names in any case
    body: bytes = b""

    @property
    def shown(self) -> str:
        """What of it helps to find out who has answered."""
        names = ("Server", "Via", "Location", "Date")
        told = [f"{name}: {self.headers[name]}" for name in names if self.headers[name]]
        return "; ".join([self.reason, *told])


async def get(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, path: str, at_most: int
) -> Answer:
    """
    Ask for *path*; of the body no more than *at_most* bytes are read.

    Raises `NotHttp`, `EOFError` where the other side hangs up before it has answered, `OSError`.
    """
    asked = (
        f"GET {quote(path, safe=_IN_PATHS)} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: offhook\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    )
    writer.write(asked.encode("ascii"))
    received = await _head(reader)
    answer = _parsed(received)
    if not at_most:
        return Answer(answer.status, answer.reason, answer.headers)
    return Answer(
        answer.status, answer.reason, answer.headers, await _body(reader, received, at_most)
    )


async def open_websocket(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, path: str
) -> tuple[Answer, Callable[[], Any]]:
    """
    Open a WebSocket; returns the answer, and what waits whether it stays open.

    An answer other than 101 is returned as it is, with nothing opened. Raises as `get` does.
    """
    protocol = ClientProtocol(parse_uri(f"wss://{host}{quote(path, safe=_IN_PATHS)}"))
    protocol.send_request(protocol.connect())
    writer.write(b"".join(protocol.data_to_send()))
    received = await _head(reader)
    answer = _parsed(received)
    if answer.status == http.HTTPStatus.SWITCHING_PROTOCOLS:
        protocol.receive_data(received)
        if isinstance(protocol.handshake_exc, InvalidHandshake):
            raise NotHttp(str(protocol.handshake_exc))
    opened = Answer(answer.status, answer.reason, answer.headers)
    return opened, lambda: _stays_open(reader, writer, protocol)


async def _stays_open(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, protocol: ClientProtocol
) -> Close | None:
    """Return how the other side closed the WebSocket at once, None where it did not."""
    try:
        async with asyncio.timeout(SETTLING):
            while not protocol.close_rcvd:
                received = await reader.read(_LONGEST_HEAD)
                if not received:
                    raise EOFError("The connection was lost right after the handshake.")
                protocol.receive_data(received)
    except TimeoutError as error:
        if error.errno:
            raise
        protocol.send_close(1000)
        writer.write(b"".join(protocol.data_to_send()))
    return protocol.close_rcvd


async def _head(reader: asyncio.StreamReader) -> bytes:
    """Return what came until the head of an answer was complete, and perhaps more."""
    received = b""
    while _END_OF_HEAD not in received:
        if received and not b"HTTP/".startswith(received[:5]):
            raise NotHttp(f"It begins with {received[:20]!r}.")
        if len(received) > _LONGEST_HEAD:
            raise NotHttp("Its head has no end.")
        more = await reader.read(_LONGEST_HEAD)
        if not more:
            raise EOFError("It hung up before it had answered.")
        received += more
    return received


async def _body(reader: asyncio.StreamReader, received: bytes, at_most: int) -> bytes:
    """Return the body, of which *received* holds the beginning, up to *at_most* bytes."""
    while not _is_enough(received, at_most):
        more = await reader.read(_LONGEST_HEAD)
        if not more:
            break
        received += more
    try:
        return _parsed(received).read(at_most)
    except http.client.IncompleteRead as error:
        return error.partial[:at_most]


def _is_enough(received: bytes, at_most: int) -> bool:
    _, _, body = received.partition(_END_OF_HEAD)
    answer = _parsed(received)
    if answer.length is not None:
        return len(body) >= min(answer.length, at_most)
    return len(body) > at_most + _LONGEST_HEAD or (answer.chunked and body.endswith(_LAST_CHUNK))


def _parsed(received: bytes) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(_Received(received))  # type: ignore[arg-type]
    try:
        answer.begin()
    except (http.client.HTTPException, ValueError) as error:
        raise NotHttp(str(error)) from error
    return answer


class _Received:
    """What the library takes for a socket: bytes that came already."""

    def __init__(self, received: bytes) -> None:
        self.received = received

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self.received)
