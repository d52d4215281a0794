"""TLS towards other systems: what is trusted, what a server presents, and faults as sentences."""

import socket
import ssl
from datetime import UTC, datetime

from attrs import frozen

from offhook.errors import Refused, RemoteError, Unreachable

_CERTIFICATES = {
    9: ("is not valid yet", "Check the clocks of both machines."),
    10: ("has expired", "Renew the certificate on that server."),
    18: ("is self-signed", "Give that certificate as ca_file, or install one of an authority."),
    62: ("is made for another name", "Set host to a name in the certificate, or replace it."),
    64: ("is not made for this IP address", "Set host to a name in the certificate."),
}
_UNKNOWN_AUTHORITY = (
    "comes from an authority that is not known here",
    "Give the authority's certificate as ca_file; a server must also send its intermediate ones.",
)
_PORTS = "Check the port, and whether it is meant to encrypt."
_PLAIN = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})


@frozen
class PeerCertificate:
    """What a server presented, verified: the names it is made for, and when it ends."""

    names: tuple[str, ...]
    ends_at: datetime


def verifying(ca_file: str = "") -> ssl.SSLContext:
    """
    Return a context that checks certificate and name, by *ca_file* or this machine's store.

    Raises `Refused` when the file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise Refused(
            f"The CA file {ca_file} cannot be used: {error.strerror or error}.",
            hint="Set ca_file to a readable file with certificates in PEM format.",
        ) from error


def present(host: str, port: int, context: ssl.SSLContext, timeout: float) -> PeerCertificate:
    """Connect, and return the certificate that is presented; raises whatever goes wrong there."""
    with (
        socket.create_connection((host, port), timeout) as plain,
        context.wrap_socket(plain, server_hostname=host) as wrapped,
    ):
        return presented(wrapped)


def presented(wrapped: ssl.SSLSocket) -> PeerCertificate:
    """Return the certificate that was verified when *wrapped* was made."""
    shown = wrapped.getpeercert() or {}
    names = tuple(str(name[-1]) for name in shown.get("subjectAltName", ()))
    ends = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    return PeerCertificate(names, datetime.fromtimestamp(ends, UTC))


def explain_tls(error: ssl.SSLError, server: str, ports: str = _PORTS) -> RemoteError:
    """
    Return what TLS with *server* (``host:port``) failed for, as a sentence with a hint.

    *ports* says what to do where the port may be the wrong one.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        reason, hint = _CERTIFICATES.get(error.verify_code, _UNKNOWN_AUTHORITY)
        said = error.verify_message.rstrip(".")
        sentence = f"The certificate of {server} {reason} ({said})."
        return Refused(sentence, hint=hint)
    if error.reason in _PLAIN:
        return Refused(f"{server} speaks no TLS.", hint=ports)
    if isinstance(error, ssl.SSLEOFError):
        return Unreachable(
            f"{server} hung up while TLS was being agreed upon.",
            hint=f"Look into its log. {ports}",
        )
    return Refused(
        f"{server} and this machine cannot agree on TLS ({error.reason or error}).",
        hint="The server must know TLS 1.2 or newer.",
    )
