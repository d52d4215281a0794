"""
Looks again at a server whose certificate was refused, without any trust, to find out why.

OpenSSL says the same of a chain with a gap and of an unknown authority, and it blames a certificate
where a clock is wrong.
"""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from cryptography import x509
from OpenSSL import SSL

from offhook.certificates.views import is_self_signed, issuer_urls
from offhook.diagnostics import exchanges
from offhook.diagnostics.connecting import open_socket
from offhook.formats import at_host
from offhook.model.probes import Probe
from offhook.model.rules import is_address

UNKNOWN_ISSUER, GAP = "20", "21"
OUT_OF_DATE = ("9", "10")
_TOLERATED = timedelta(minutes=5)
_PIECE = 65_536
_FAILURES = (OSError, EOFError, ValueError, SSL.Error, exchanges.NotHttp)


async def look_again(wanted: Probe, address: str, code: str, limit: float) -> tuple[str, str, str]:
    """
    Return kind, code and detail of a certificate that was refused with OpenSSL's *code*.

    ("verify", "21") is a chain whose next link could be fetched, so it was only left out; "clock"
    in place of "verify" where the certificate is good at the time that the server tells.
    """
    try:
        if code == UNKNOWN_ISSUER:
            chain = await asyncio.wait_for(_chain(wanted, address, limit), limit)
            if chain and issuer_urls(chain[-1]) and not is_self_signed(chain[-1]):
                return "verify", GAP, f"its issuer can be had at {issuer_urls(chain[-1])[0]}"
        if code in OUT_OF_DATE:
            chain = await asyncio.wait_for(_chain(wanted, address, limit), limit)
            told = await asyncio.wait_for(_time(wanted, address, limit), limit)
            return _compare(chain, told, datetime.now(UTC), code)
    except _FAILURES:
        return "verify", code, ""  # the first look has to do
    return "verify", code, ""


def _compare(
    chain: list[x509.Certificate], told: datetime | None, here: datetime, code: str
) -> tuple[str, str, str]:
    good = told and all(
        each.not_valid_before_utc <= told <= each.not_valid_after_utc for each in chain
    )
    if not told or not good or abs(told - here) < _TOLERATED:
        return "verify", code, ""
    return "clock", code, f"it is {here:%Y-%m-%d %H:%M} UTC here, {told:%Y-%m-%d %H:%M} UTC there"


async def _time(wanted: Probe, address: str, limit: float) -> datetime | None:
    """Return the time that the server tells in an answer of HTTP."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = await open_socket(address, wanted.port, limit)
    reader, writer = await asyncio.open_connection(
        sock=connection, ssl=context, server_hostname=wanted.host
    )
    try:
        host = at_host(wanted.host, wanted.port)
        answer = await exchanges.get(reader, writer, host, "/", 0)
    finally:
        writer.transport.abort()
    try:
        return parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
    except (TypeError, ValueError):
        return None


async def _chain(wanted: Probe, address: str, limit: float) -> list[x509.Certificate]:
    """Return the certificates that the server sends, as they come."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    connection = SSL.Connection(context, None)
    connection.set_connect_state()
    if not is_address(wanted.host):
        connection.set_tlsext_host_name(wanted.host.encode("ascii"))
    plain = await open_socket(address, wanted.port, limit)
    loop = asyncio.get_running_loop()
    with plain:
        while not _done(connection.do_handshake):
            await loop.sock_sendall(plain, _outgoing(connection))
            received = await loop.sock_recv(plain, _PIECE)
            if not received:
                raise EOFError
            connection.bio_write(received)
    return list(connection.get_peer_cert_chain(as_cryptography=True) or [])


def _outgoing(connection: SSL.Connection) -> bytes:
    try:
        return connection.bio_read(_PIECE)
    except SSL.WantReadError:
        return b""  # it is the other side's turn


def _done(act: Callable[[], None]) -> bool:
    try:
        act()
    except SSL.WantReadError:
        return False
    return True
