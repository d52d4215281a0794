"""Opens a connection's redirect service, for an installation that it knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from offhook.api import Authorization, Connection, Refused, open_session
from offhook_redirect.client import Service
from offhook_redirect.options import Options

QUICK = 8  # seconds: somebody waits, or core does not for long
_CONNECT = 5  # seconds


@contextmanager
def opened(
    connection: Connection[Options], pair: Authorization | None = None, *, at_most: int = 50
) -> Iterator[Service]:
    """
    Yield what speaks with the service, signing with *pair*, or with the key that it knows.

    An answer may take the connection's time-out, and *at_most* so many seconds. Raises `Refused`
    where there is no key. Name and certificate are verified; no proxy is used.
    """
    options = connection.options
    with open_session(
        options.address,
        ca_file=options.ca_file,
        timeout=(_CONNECT, min(options.timeout, at_most)),
        repeatable=(),  # the nonce would be used twice
    ) as session:
        yield Service(session, pair or let_in(connection), _now)


def let_in(connection: Connection[Options]) -> Authorization:
    """Return the key that the service knows; raises `Refused` where there is none."""
    given = connection.authorization
    if given and given.state == "verified":
        return given
    command = f"offhook connections authorize {connection.name}"
    if given:
        raise Refused(
            f"The redirect service of {connection.name!r} is not known to know our key yet.",
            hint=f"When its operator has added {given.token_id}: {command} --approved",
        )
    raise Refused(f"The redirect service of {connection.name!r} has no key of ours.", hint=command)


def _now() -> datetime:
    return datetime.now(UTC)
