"""Sends requests over kept connections as fast as they are answered; a process of its own."""

import asyncio
import json
import random
import sys
import time
from pathlib import Path

import attrs
import uvloop
from attrs import frozen


@frozen(kw_only=True)
class Measured:
    """Answers per second, seconds within which 50 and 99 of 100 came, and how many were not 200."""

    rate: float
    p50: float
    p99: float
    failed: int


class Connection(asyncio.Protocol):
    """One connection: the next request follows the answer to the last."""

    def __init__(self, tokens: list[str], times: list[float], failures: list[bytes]) -> None:
        self._tokens, self._times, self._failures = tokens, times, failures
        self._data = b""
        self._asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Collect one answer, note how long it took, and ask again."""
        self._data += data
        head = self._data.find(b"\r\n\r\n")
        if head < 0:
            return
        mark = self._data.find(b"content-length: ") + 16
        length = int(self._data[mark : self._data.find(b"\r\n", mark)])
        if len(self._data) < head + 4 + length:
            return
        self._times.append(time.perf_counter() - self._asked)
        if not self._data.startswith(b"HTTP/1.1 200"):
            self._failures.append(self._data[:200])
        self._data = b""
        self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        token = random.choice(self._tokens)
        self._transport.write(  # type: ignore[attr-defined]
            f"GET /c/{token} HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n"
            "user-agent: LinphoneAndroid/6.0\r\n\r\n".encode()
        )


async def probe(port: int) -> None:
    """Raise `OSError` while nothing listens."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def load(port: int, tokens: list[str], connections: int, seconds: float) -> Measured:
    """Ask for *seconds* over so many connections."""
    times: list[float] = []
    failures: list[bytes] = []
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(tokens, times, failures), "127.0.0.1", port)
    await asyncio.sleep(seconds)
    lasted = time.perf_counter() - started
    if failures:
        sys.stderr.write(f"{failures[0]!r}\n")
    ordered = sorted(times)
    return Measured(
        rate=len(ordered) / lasted,
        p50=ordered[len(ordered) // 2],
        p99=ordered[len(ordered) * 99 // 100],
        failed=len(failures),
    )


def main() -> None:
    """Read port, file of tokens, connections and seconds; print what was measured."""
    port, path, connections, seconds = sys.argv[1:]
    tokens = Path(path).read_text().split()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        measured = runner.run(load(int(port), tokens, int(connections), float(seconds)))
    sys.stdout.write(json.dumps(attrs.asdict(measured)))


if __name__ == "__main__":
    main()
