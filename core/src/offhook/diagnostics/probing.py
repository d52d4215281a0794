"""
Tries a server as a client would, stage by stage: DNS, TCP for each address, TLS, HTTP or WebSocket.

No proxy takes part, whatever the environment says, and no redirect is followed.
"""

import asyncio
import http
import os
import ssl
import time
from collections.abc import Sequence

from attrs import define, evolve, field

from offhook.diagnostics import exchanges, lookups, secondlooks
from offhook.diagnostics.connecting import Race, code_of, is_without_ipv6
from offhook.errors import InvalidInput
from offhook.formats import at_host
from offhook.model.probes import Outcome, Probe, Stage
from offhook.model.rules import printable

LIMIT = 10.0  # seconds that each stage gets
_SUCCESS = 2  # hundred and so on
_LONGEST = 300  # characters of a detail
_FAILURES = (OSError, EOFError, UnicodeError, exchanges.NotHttp)


async def probe(
    wanted: Probe, *, limit: float = LIMIT, addresses: Sequence[str] | None = None
) -> Outcome:
    """
    Try what is *wanted*, with *limit* seconds for each stage, and return how far it came.

    Where *addresses* (of IP) are given, nothing is looked up and nothing else is connected to; the
    host still has to be named in the certificate. Raises `InvalidInput` for an unusable ``ca`` and
    `ValueError` where there is no address, or what is none.
    """
    outcome, _ = await fetch(wanted, limit=limit, addresses=addresses, at_most=0)
    return outcome


async def fetch(
    wanted: Probe, *, limit: float = LIMIT, addresses: Sequence[str] | None = None, at_most: int
) -> tuple[Outcome, bytes]:
    """Do as `probe` does, and return the answer's body, too, up to *at_most* bytes."""
    attempt = _Attempt(wanted, context_for(wanted.ca), limit, at_most)
    started = time.monotonic()
    try:
        outcome = await attempt.run(addresses)
    except _FAILURES as error:
        outcome = await attempt.failed(error)
    finally:
        others = await attempt.end()
    seconds = round(time.monotonic() - started, 3)
    return evolve(outcome, seconds=seconds, others=others), attempt.body


def context_for(ca: str = "") -> ssl.SSLContext:
    """
    Return the context of a strict client, trusting *ca* (PEM text) or this machine's authorities.

    A certificate without alternative names is refused, as phones do. Raises `InvalidInput`.
    """
    try:
        context = ssl.create_default_context(cadata=ca or None)
    except (ssl.SSLError, ValueError) as error:
        raise InvalidInput(
            f"The certificates to trust cannot be read: {error}.",
            hint="Give them as PEM text, each with its BEGIN and END line.",
        ) from error
    context.hostname_checks_common_name = False
    return context


@define
class _Attempt:
    """One attempt: the stage that it has come to, and who is on the other side of it."""

    wanted: Probe
    context: ssl.SSLContext
    limit: float
    at_most: int
    stage: Stage = "dns"
    hop: str = ""
    address: str = ""
    body: bytes = b""
    addresses: Sequence[str] = ()
    race: Race | None = None
    writer: asyncio.StreamWriter | None = field(default=None, init=False)

    async def run(self, addresses: Sequence[str] | None) -> Outcome:
        """Go through the stages; raises what the one raises that fails."""
        wanted = self.wanted
        if addresses is None:
            addresses = await lookups.look_up(wanted.host, wanted.port, self.limit)
        self.addresses = addresses
        self.stage = "tcp"
        self.race = Race(self.addresses, wanted.port, self.limit)
        self.address, connected = await self.race.first()
        self.hop = at_host(self.address, wanted.port)
        if isinstance(connected, OSError):
            raise connected
        self.stage = "tls"
        opening = asyncio.open_connection(
            sock=connected, ssl=self.context, server_hostname=wanted.host
        )
        reader, writer = await asyncio.wait_for(opening, self.limit)
        self.writer = writer
        if wanted.scheme == "https":
            return await self.ask(reader, writer)
        if wanted.scheme == "wss":
            return await self.upgrade(reader, writer)
        return self.ended("ok")

    async def ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Outcome:
        """Ask for the path; any answer but one of success is a failure."""
        self.stage = "http"
        host = at_host(self.wanted.host, self.wanted.port)
        asking = exchanges.get(reader, writer, host, self.wanted.path, self.at_most)
        answer = await asyncio.wait_for(asking, self.limit)
        self.body = answer.body
        kind = "ok" if answer.status // 100 == _SUCCESS else "status"
        return self.ended(kind, str(answer.status), answer.shown)

    async def upgrade(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Outcome:
        """Open a WebSocket, and see whether it stays open."""
        self.stage = "ws"
        host = at_host(self.wanted.host, self.wanted.port)
        opening = exchanges.open_websocket(reader, writer, host, self.wanted.path)
        answer, stays_open = await asyncio.wait_for(opening, self.limit)
        if answer.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            return self.ended("status", str(answer.status), answer.shown)
        self.stage = "after"
        closed = await stays_open()
        if closed:
            return self.ended("close", str(closed.code), closed.reason)
        return self.ended("ok", str(answer.status))

    async def failed(self, error: Exception) -> Outcome:
        """Return what it was that failed."""
        if self.stage == "dns":
            found = await lookups.find_failure(self.wanted.host, error)
            self.hop = found.hop
            return self.ended(found.kind, found.code, found.detail)
        kind, code = code_of(error)
        if self.stage == "tcp" and is_without_ipv6(self.addresses, error):
            kind = "ipv6"
        said = f"nothing within {self.limit:g} s" if kind == "limit" else _words_of(error)
        if kind == "verify":
            looked = await secondlooks.look_again(self.wanted, self.address, code, self.limit)
            kind, code, more = looked
            said = more or said
        return self.ended(kind, code, said)

    def ended(self, kind: str, code: str = "", detail: str = "") -> Outcome:
        """Return that it ended in this stage."""
        shown = printable(detail)[:_LONGEST]
        return Outcome(stage=self.stage, kind=kind, code=code, hop=self.hop, detail=shown)

    async def end(self) -> tuple[str, ...]:
        """Hang up; returns which other addresses of the host failed."""
        if self.writer:
            self.writer.transport.abort()
        others = await self.race.rest() if self.race else ()
        await asyncio.sleep(0)  # lets the transport close its socket
        return others


def _words_of(error: Exception) -> str:
    """Return what an error says, and who has sent it."""
    said = str(error) or "it ended the connection"
    if isinstance(error, ssl.SSLError):
        said = getattr(error, "verify_message", "") or error.reason or said
    elif isinstance(error, OSError) and error.errno:
        said = os.strerror(error.errno)
    return ", ".join([said, *getattr(error, "__notes__", ())])
