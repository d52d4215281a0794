"""Gets a token from a border gateway: asks, shows the verifier, and renews in time."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from attrs import evolve

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
_ABOUT = ("id", "expires")


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
    with opened(connection, None, callback=callback or _OUT_OF_BAND) as gateway:
        form = gateway.token("request_token")
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
    with opened(connection, given, verifier=shown) as gateway:
        form = gateway.token("access_token")
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
    known_as: str = "unknown",
) -> Authorization:
    """Return the token that counts; where the form leaves things out, the list of tokens says."""
    given = Authorization(
        state="verified", token=Secret(token), secret=Secret(secret), token_id=known_as
    )
    with opened(connection, given) as gateway:
        told = _about(form, "form", gateway.names)
        if len(told) < len(_ABOUT):
            with suppress(RemoteError):  # it has let us in all the same
                told |= _about(gateway.own_token(), "token", gateway.names)
    ends = moment(told.get("expires"))
    return evolve(given, token_id=str(told.get("id", known_as)), expires_at=ends)


def _about(token: Mapping[str, Any], section: str, names: Names) -> dict[str, Any]:
    """Return what is said of a token, by our words."""
    keys = {word: names[f"{section}.{word}"][0] for word in _ABOUT}
    return {word: token[key] for word, key in keys.items() if key in token}


def _pair(gateway: Gateway, form: Mapping[str, str]) -> tuple[str, str]:
    if not form.get(_TOKEN) or _SECRET not in form:
        raise gateway.strange("the answer to a request for a token holds none")
    return form[_TOKEN], form[_SECRET]
