"""A redirect service as a transport: the mails go out there, and clients find us through it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from offhook.api import (
    Authorization,
    AuthorizationStep,
    Connection,
    Finding,
    Handover,
    Message,
    OutsideView,
    Probe,
    Receipt,
    Route,
    hookimpl,
)
from offhook_redirect import outside
from offhook_redirect.authorizing import take
from offhook_redirect.delivery import deliver
from offhook_redirect.diagnosis import examine
from offhook_redirect.options import Options

__all__ = ["Options", "authorize", "diagnose", "open_route", "options_class", "probe", "send"]


@hookimpl
def options_class() -> type[Options]:
    """Where the redirect service is, and who the mails are from."""
    return Options


@hookimpl
def authorize(connection: Connection[Options], step: AuthorizationStep) -> Authorization:
    """A key pair: its public half goes to the operator of the service, who lets it in."""
    return take(connection, step)


@hookimpl
def send(
    connection: Connection[Options], messages: Sequence[Message]
) -> Iterator[Handover | Receipt]:
    """One signed request for each mail; the same mail twice is sent once."""
    return deliver(connection, messages, now=datetime.now(UTC))


@hookimpl
def open_route(connection: Connection[Options], host: str, port: int, client_format: str) -> Route:
    """The service asks the host for our public key first."""
    return outside.open_to(connection, host, port, client_format)


@hookimpl
def probe(connection: Connection[Options], host: str, probes: Sequence[Probe]) -> OutsideView:
    """The service tries the host, once that has shown our public key."""
    return outside.look(connection, host, probes)


@hookimpl
def diagnose(connection: Connection[Options]) -> Iterator[Finding]:
    """Proxy, reachable, certificate, clock, whether it knows us."""
    return examine(connection, now=datetime.now(UTC))
