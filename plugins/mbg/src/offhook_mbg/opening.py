"""Opens a connection's border gateway, for those whom it has let in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from offhook.api import Authorization, Connection, Refused, Secret, at_host, open_session
from offhook_mbg.client import Gateway
from offhook_mbg.facts import FACTS
from offhook_mbg.options import Options
from offhook_mbg.refusals import Refusals
from offhook_mbg.signing import Signing

_CONNECT = 5  # seconds


def let_in(connection: Connection[Options]) -> Authorization:
    """Return the token that counts; raises `Refused` where there is none."""
    given = connection.authorization
    if given and given.state == "verified":
        return given
    command = f"offhook connections authorize {connection.name}"
    if given:
        raise Refused(
            f"The request of {connection.name!r} to be let in has not been approved yet.",
            hint=f"Have it approved at {given.approve_at}, then give the verifier: {command}",
        )
    raise Refused(f"The border gateway of {connection.name!r} has not let us in.", hint=command)


@contextmanager
def opened(
    connection: Connection[Options],
    signer: Authorization | None,
    *,
    callback: str = "",
    verifier: Secret | None = None,
) -> Iterator[Gateway]:
    """Yield what speaks with the gateway, signed with what is given; closes its connections."""
    options = connection.options
    names = FACTS.taken(options.facts)
    signing = Signing(options, signer, callback=callback, verifier=verifier)
    with open_session(
        address(options),
        ca_file=options.ca_file,
        timeout=(min(_CONNECT, options.timeout), options.timeout),
        repeatable=(),  # the nonce would be used twice
        reasons=names["error.message"],
    ) as session:
        refusals = Refusals(
            server=session.server,
            names=names,
            consumer=options.consumer_id,
            method=options.signature_method,
            connection=connection.name,
            waiting=signer is not None and signer.state == "requested",
        )
        yield Gateway(session, names, signing, refusals, page_size=options.page_size, clock=_now)


def address(options: Options) -> str:
    """Return where the gateway is, without the port that everybody leaves out."""
    port = options.port or int(FACTS.taken(options.facts)["http.port"][0])
    return f"https://{at_host(options.host, 0 if port == 443 else port)}"


def _now() -> datetime:
    return datetime.now(UTC)
