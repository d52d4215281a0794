"""Connects to every address of a host at once, and says of each how it failed."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Sequence
from ipaddress import ip_address

from offhook.diagnostics.exchanges import NotHttp
from offhook.diagnostics.routers import telling_who
from offhook.formats import at_host

_MOST = 8  # addresses of one host that are tried
_UNREACHABLE = (errno.ENETUNREACH, errno.EADDRNOTAVAIL)


def code_of(error: BaseException) -> tuple[str, str]:
    """Return kind and code of what was raised, as in `Outcome`; the order of the tests matters."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "verify", str(error.verify_code)
    if isinstance(error, ssl.SSLEOFError):
        return "closed", ""
    if isinstance(error, ssl.SSLError):
        return "ssl", error.reason or ""
    if isinstance(error, TimeoutError) and error.errno is None:
        return "limit", ""  # ours; the kernel's has a number
    if isinstance(error, NotHttp):
        return "answer", ""
    number = getattr(error, "errno", None)
    return ("os", errno.errorcode.get(number, str(number))) if number else ("closed", "")


class Race:
    """
    Connections to the *addresses* of a host, all under way at once, each for *limit* seconds.

    Raises `ValueError` where there is none, or one is a name: asyncio would look that up.
    """

    def __init__(self, addresses: Sequence[str], port: int, limit: float) -> None:
        if not addresses:
            raise ValueError("no address is given")
        for each in addresses:
            ip_address(each)
        self._port = port
        self._addresses = {
            asyncio.create_task(_try(address, port, limit)): address
            for address in addresses[:_MOST]
        }

    async def first(self) -> tuple[str, socket.socket | OSError]:
        """Return the address that answers first with the connection, or with why none does."""
        pending = set(self._addresses)
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if isinstance(task.result(), socket.socket):
                    return self._addresses.pop(task), task.result()
        # Where IPv6 has no way out at all, the other address says more.
        telling = min(self._addresses, key=lambda each: _errno(each.result()) in _UNREACHABLE)
        return self._addresses.pop(telling), telling.result()

    async def rest(self) -> tuple[str, ...]:
        """Wait for the others, hang up, and return which failed, each with its code."""
        failed = []
        for task, address in self._addresses.items():
            connected = await task
            if isinstance(connected, socket.socket):
                connected.close()
            else:
                kind, code = code_of(connected)
                failed.append(f"{at_host(address, self._port)} {code or kind}")
        return tuple(failed)


def is_without_ipv6(addresses: Sequence[str], error: BaseException) -> bool:
    """Tell whether *error* is that of a machine without IPv6, and *addresses* are of IPv6 only."""
    own = _errno(error) in _UNREACHABLE and not hasattr(error, "__notes__")  # nobody has told it
    return own and all(":" in each for each in addresses)


async def open_socket(address: str, port: int, limit: float) -> socket.socket:
    """Return a connection to an IP address; raises `OSError`, noting who has said so if anybody."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        with telling_who(connection):
            await asyncio.wait_for(loop.sock_connect(connection, (address, port)), limit)
    except (OSError, asyncio.CancelledError):
        connection.close()
        raise
    return connection


async def _try(address: str, port: int, limit: float) -> socket.socket | OSError:
    try:
        return await open_socket(address, port, limit)
    except OSError as error:
        return error


def _errno(result: object) -> int | None:
    return getattr(result, "errno", None)
