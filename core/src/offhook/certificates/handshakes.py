"""Shakes hands with a server: what this machine's TLS says of it, what it presents and offers."""

import selectors
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from attrs import frozen
from cryptography import x509
from OpenSSL import SSL, crypto

from offhook.certificates.trust import Trust
from offhook.errors import RemoteError, Unreachable
from offhook.model.rules import is_address
from offhook.tls import explain_tls

OK = 0
VERSIONS = {
    "TLS 1.0": SSL.TLS1_VERSION,
    "TLS 1.1": SSL.TLS1_1_VERSION,
    "TLS 1.2": SSL.TLS1_2_VERSION,
    "TLS 1.3": SSL.TLS1_3_VERSION,
}
_EVERY_CIPHER = b"ALL:@SECLEVEL=0"  # to see even what nobody should accept


@frozen(kw_only=True)
class Target:
    """A server by the name that clients call it, and where it is asked, if not where DNS says."""

    host: str
    port: int
    address: str = ""

    def __str__(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@frozen(kw_only=True)
class Verdict:
    """What a client of today decides: OpenSSL's ``code``, 0 for yes, and its words for it."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} ({self.text})"


@frozen(kw_only=True)
class Presented:
    """
    What a server sent, as it came, and the way to a root that OpenSSL found with it, if any.

    ``faults`` are all that is wrong with that way: OpenSSL's code, and the link, 0 for the server's
    own certificate.
    """

    served: tuple[x509.Certificate, ...]
    rebuilt: tuple[x509.Certificate, ...]
    faults: tuple[tuple[int, int], ...]


def judge(target: Target, trust: Trust, limit: float) -> Verdict:
    """
    Return whether a client of today goes on: roots of *trust*, nothing fetched, RFC 6125 names.

    Raises `Unreachable` or `Refused` where no certificate is seen at all.
    """
    with connect(target, limit) as plain:
        try:
            with trust.context().wrap_socket(plain, server_hostname=target.host):
                return Verdict(code=OK, text="ok")
        except ssl.SSLCertVerificationError as error:
            return Verdict(code=error.verify_code, text=error.verify_message.rstrip("."))
        except OSError as error:
            raise _explain(error, target) from error


def look(target: Target, trust: Trust, limit: float) -> Presented:
    """Return what the server presents, good or bad; raises `Unreachable` where it does not."""
    faults: list[tuple[int, int]] = []

    def note(_: SSL.Connection, __: crypto.X509, code: int, depth: int, ok: int) -> bool:
        if not ok:
            faults.append((code, depth))
        return True

    context = _context()
    store = context.get_cert_store()
    for root in trust.roots if store else ():
        store.add_cert(crypto.X509.from_cryptography(root))  # type: ignore[union-attr]
    context.set_verify(SSL.VERIFY_PEER, note)
    with connect(target, limit) as plain:
        connection = _shake(context, plain, target, limit)
        served = connection.get_peer_cert_chain(as_cryptography=True) or []
        rebuilt = [] if faults else connection.get_verified_chain(as_cryptography=True) or []
    if not served:
        raise Unreachable(f"{target} presents no certificate.", hint="Give the service one.")
    return Presented(served=tuple(served), rebuilt=tuple(rebuilt), faults=tuple(faults))


def offered(target: Target, limit: float) -> tuple[str, ...]:
    """Return the versions of TLS that the server agrees to, the oldest first."""
    with ThreadPoolExecutor(len(VERSIONS)) as pool:
        agreed = pool.map(lambda version: _agrees(target, version, limit), VERSIONS.values())
        return tuple(name for name, agrees in zip(VERSIONS, agreed, strict=True) if agrees)


def connect(target: Target, limit: float) -> socket.socket:
    """Return a connection; raises `Unreachable` naming who does not answer."""
    try:
        return socket.create_connection((target.address or target.host, target.port), limit)
    except (socket.gaierror, UnicodeError) as error:
        raise Unreachable(
            f"{target.address or target.host} cannot be resolved from here.",
            hint="Check the name, and this machine's DNS.",
        ) from error
    except TimeoutError as error:
        raise Unreachable(
            f"{target} does not answer.", hint="A firewall may drop it: open the port."
        ) from error
    except ConnectionRefusedError as error:
        raise Unreachable(
            f"{target} refuses connections: nothing listens there.",
            hint="Start the service, or correct the port.",
        ) from error
    except OSError as error:
        raise Unreachable(
            f"{target} cannot be reached: {error.strerror or error}.", hint="Check the route."
        ) from error


def _explain(error: OSError, target: Target) -> RemoteError:
    if isinstance(error, ssl.SSLError):
        return explain_tls(error, str(target))
    if isinstance(error, TimeoutError):
        reason = "does not answer while TLS is being agreed upon"
    else:
        reason = f"hung up while TLS was being agreed upon ({error.strerror or error})"
    return Unreachable(f"{target} {reason}.", hint="Look into its log, and at what is in between.")


def _agrees(target: Target, version: int, limit: float) -> bool:
    context = _context()
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    try:
        with connect(target, limit) as plain:
            _shake(context, plain, target, limit)
    except Unreachable:
        return False
    return True


def _context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_cipher_list(_EVERY_CIPHER)
    return context


def _shake(
    context: SSL.Context, plain: socket.socket, target: Target, limit: float
) -> SSL.Connection:
    plain.setblocking(False)
    connection = SSL.Connection(context, plain)
    connection.set_connect_state()
    if not is_address(target.host):
        connection.set_tlsext_host_name(target.host.encode("idna"))
    ends = monotonic() + limit
    try:
        while not _step(connection.do_handshake, plain, ends - monotonic()):
            pass
    except (SSL.Error, OSError) as error:
        reason = "does not answer" if isinstance(error, TimeoutError) else "hung up or cannot agree"
        raise Unreachable(f"{target} {reason} while TLS was being agreed upon.") from error
    return connection


def _step(act: Callable[[], object], plain: socket.socket, left: float) -> bool:
    """Go on as far as it goes without waiting, then wait; returns whether it is done."""
    try:
        act()
    except SSL.WantReadError:
        wanted = selectors.EVENT_READ
    except SSL.WantWriteError:
        wanted = selectors.EVENT_WRITE
    else:
        return True
    with selectors.DefaultSelector() as selector:
        selector.register(plain, wanted)
        if not selector.select(max(left, 0)):
            raise TimeoutError
    return False
