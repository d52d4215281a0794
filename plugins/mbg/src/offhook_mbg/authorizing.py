"""Gets a token from a border gateway: asks, shows the verifier, and renews in time."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from offhook.api import (
    Authorization,
    AuthorizationStep,
    Begin,
    Connection,
    Finish,
    Refused,
    RemoteError,
    Renew,
    Secret,
)
from offhook_mbg.client import Gateway
from offhook_mbg.opening import address, let_in, opened
from offhook_mbg.options import Options
from offhook_mbg.refusals import Names

_OUT_OF_BAND = "oob"  # RFC 5849, section 2.1
_TOKEN, _SECRET = "oauth_token", "oauth_token_secret"


def take(connection: Connection[Options], step: AuthorizationStep) -> Authorization:
    """Return what the gateway gives for *step*."""
    match step:
        case Begin(callback):
            return _begin(connection, callback)
        case Finish(verifier):
            return _finish(connection, verifier)
        case Renew():
            return _renew(connection)


def moment(value: Any) -> datetime | None:
    """Return the time that a gateway writes, None where it is none; UTC where it does not say."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _begin(connection: Connection[Options], callback: str) -> Authorization:
    with opened(connection, None) as gateway:
        form = gateway.token("request_token", callback=callback or _OUT_OF_BAND)
        token, secret = _pair(gateway, form)
        path = gateway.names["path.approve"][0]
    return Authorization(
        state="requested",
        token=Secret(token),
        secret=Secret(secret),
        token_id=token,
        approve_at=f"{address(connection.options)}{path}?{_TOKEN}={quote(token, safe='')}",
    )


def _finish(connection: Connection[Options], verifier: Secret) -> Authorization:
    given = connection.authorization
    if not given or given.state != "requested":
        hint = f"Begin with: offhook connections authorize {connection.name}"
        raise Refused(f"No request of {connection.name!r} waits for a verifier.", hint=hint)
    shown = Secret(verifier.reveal().strip())
    with opened(connection, given) as gateway:
        form = gateway.token("access_token", verifier=shown)
        token, secret = _pair(gateway, form)
    return _verified(connection, form, token, secret)


def _renew(connection: Connection[Options]) -> Authorization:
    given = let_in(connection)
    with opened(connection, given) as gateway:
        form = gateway.token("renew")
        # A gateway that only makes the same token last longer need not say it again.
        same = {_TOKEN: given.token.reveal(), _SECRET: given.secret.reveal()}
        token, secret = _pair(gateway, {**same, **form})
    return _verified(connection, form, token, secret, known_as=given.token_id)


def _verified(
    connection: Connection[Options],
    form: Mapping[str, str],
    token: str,
    secret: str,
    known_as: str = "",
) -> Authorization:
    """Return the token that counts; where the form leaves things out, the list of tokens says."""
    given = Authorization(
        state="verified", token=Secret(token), secret=Secret(secret), token_id=known_as or token
    )
    with opened(connection, given) as gateway:
        names = gateway.names
        said: dict[str, Any] = dict(form)
        if not {names["form.id"][0], names["form.expires"][0]} <= said.keys():
            with suppress(RemoteError):  # it has let us in all the same
                said |= _as_form(gateway.own_token(), names)
    return Authorization(
        state="verified",
        token=given.token,
        secret=given.secret,
        token_id=str(said.get(names["form.id"][0], given.token_id)),
        expires_at=moment(said.get(names["form.expires"][0])),
    )


def _as_form(token: Mapping[str, Any], names: Names) -> dict[str, Any]:
    return {
        names[f"form.{name}"][0]: token[names[f"token.{name}"][0]]
        for name in ("id", "expires")
        if names[f"token.{name}"][0] in token
    }


def _pair(gateway: Gateway, form: Mapping[str, str]) -> tuple[str, str]:
    if not form.get(_TOKEN) or _SECRET not in form:
        raise gateway.strange("the answer to a request for a token holds none")
    return form[_TOKEN], form[_SECRET]
