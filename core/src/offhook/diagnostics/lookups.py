"""Looks a name up as clients do, and finds out which DNS server failed where that fails."""

import asyncio
import errno
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
from attrs import frozen

T = TypeVar("T")
_AGAIN = 3.0  # seconds that a DNS server gets when it is asked once more


@frozen
class Failure:
    """Who did not help, and how, in the words of `Outcome`; ``hop`` is empty where none is told."""

    kind: str
    code: str
    hop: str
    detail: str


async def look_up(host: str, port: int, limit: float) -> list[str]:
    """
    Return the addresses of *host* in the order in which this machine tries them.

    Raises `socket.gaierror`, `UnicodeError` for what can be no name, and `TimeoutError` after
    *limit* seconds: a lookup cannot be cancelled, so it is left behind in a thread of its own.
    """

    def ask() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    return await asyncio.wait_for(_in_thread(ask), limit)


async def find_failure(
    host: str, error: Exception, resolver: dns.resolver.Resolver | None = None
) -> Failure:
    """
    Ask every DNS server once more for *host*, and name the first that failed.

    *resolver* has others than those of this machine; nobody but they is asked.
    """
    known = Failure(*_known(error), "", str(error))
    try:
        asked = resolver or dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return Failure(known.kind, known.code, "", "No DNS server is configured here.")
    servers = [str(each) for each in asked.nameservers]
    found = await asyncio.gather(*(_ask(host, server, asked.port) for server in servers))
    return next((each for each in found if each), known)


async def _ask(host: str, server: str, port: int) -> Failure | None:
    """Return how *server* fails for *host*; None where it has an answer, or cannot be asked."""
    try:
        rcode, empty = await _rcode(host, server, port, "A")
        if not rcode and empty:
            rcode, empty = await _rcode(host, server, port, "AAAA")
    except dns.exception.Timeout:
        return Failure("limit", "", server, f"The DNS server {server} does not answer.")
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0, "")
        return Failure("os", code, server, f"The DNS server {server} cannot be asked: {error}.")
    except (dns.exception.DNSException, ValueError):
        return None
    if not rcode and not empty:
        return None
    code = dns.rcode.to_text(dns.rcode.Rcode(rcode)) if rcode else "NODATA"
    return Failure("rcode", code, server, f"The DNS server {server} says {code}.")


async def _rcode(host: str, server: str, port: int, kind: str) -> tuple[int, bool]:
    """Return what *server* says of *host*, and whether it has no record of that *kind*."""
    query = dns.message.make_query(host, kind)
    answer = await dns.asyncquery.udp(query, server, timeout=_AGAIN, port=port)
    return answer.rcode(), not answer.answer


def _known(error: Exception) -> tuple[str, str]:
    if isinstance(error, socket.gaierror):
        return "gai", str(error.errno)
    return ("limit", "") if isinstance(error, TimeoutError) else ("name", "")


def _in_thread(ask: Callable[[], T]) -> "asyncio.Future[T]":
    """Return the answer that *ask* will give in a thread that nobody waits for at the end."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def give(value: T | None, error: Exception | None) -> None:
        if answer.cancelled():
            return
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        value, failed = None, None
        try:
            value = ask()
        except (OSError, UnicodeError) as error:
            failed = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(give, value, failed)

    threading.Thread(target=run, daemon=True).start()
    return answer
