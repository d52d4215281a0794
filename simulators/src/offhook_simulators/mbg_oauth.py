"""Who may ask a simulated border gateway: consumers, tokens, nonces; oauthlib verifies."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from attrs import define
from oauthlib.oauth1 import (
    SIGNATURE_HMAC_SHA1,
    SIGNATURE_HMAC_SHA256,
    SIGNATURE_PLAINTEXT,
    SIGNATURE_RSA_SHA1,
    RequestValidator,
)

from offhook_simulators.mbg_data import LIFETIME, PERMISSIONS, SKEW, TOKEN, TOKEN_FORM, Refused

METHODS = (SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_RSA_SHA1, SIGNATURE_PLAINTEXT)
OUT_OF_BAND = "oob"
Clock = Callable[[], datetime]


@define(kw_only=True)
class Consumer:
    """An application that may ask; *rsa_key* is its public key, in PEM."""

    id: str
    secret: str
    active: bool = True
    permissions: tuple[str, ...] = PERMISSIONS
    rsa_key: str = ""


@define(kw_only=True)
class RequestToken:
    """A request that waits for somebody to approve it; then it has a verifier."""

    key: str
    secret: str
    consumer: str
    callback: str
    verifier: str = ""


@define(kw_only=True)
class FinalToken:
    """A consumer's leave to ask, until it ends or is revoked."""

    id: str
    key: str
    secret: str
    consumer: str
    issued: datetime
    expires: datetime
    revoked: bool = False

    def shown(self, asking: "FinalToken") -> dict[str, Any]:
        """Return it by its keys in JSON."""
        return {
            TOKEN["id"]: self.id,
            TOKEN["consumer"]: self.consumer,
            TOKEN["issued"]: _moment(self.issued),
            TOKEN["expires"]: _moment(self.expires),
            TOKEN["own"]: self is asking,
        }

    def form(self) -> dict[str, str]:
        """Return what is said of it when it is given or renewed."""
        return {TOKEN_FORM["id"]: self.id, TOKEN_FORM["expires"]: _moment(self.expires)}


class Authorisations(RequestValidator):  # type: ignore[misc]
    """
    Consumers and tokens, and what oauthlib asks about them; a "no" is raised as `Refused`.

    *clock* says when tokens end, *timestamps* what the time of a request is compared with.
    """

    allowed_signature_methods = METHODS
    realms = PERMISSIONS
    enforce_ssl = False
    # oauthlib compares with the machine's clock: `validate_timestamp_and_nonce` uses ours.
    timestamp_lifetime = 10**11
    safe_characters = frozenset(map(chr, range(0x21, 0x7F)))
    client_key_length = request_token_length = access_token_length = (1, 100)
    nonce_length = verifier_length = (1, 100)

    def __init__(self, clock: Clock, timestamps: Clock) -> None:
        super().__init__()
        self._clock, self._timestamps = clock, timestamps
        self.consumers: dict[str, Consumer] = {}
        self.waiting: dict[str, RequestToken] = {}
        self.tokens: dict[str, FinalToken] = {}
        self.replays = 0
        self._nonces: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)

    def add(self, consumer: Consumer) -> None:
        """Know one more consumer, or another one of that id."""
        self.consumers[consumer.id] = consumer

    def renew(self, token: FinalToken, *, other_key: bool) -> dict[str, str]:
        """Give the token another twelve months, and another key if wanted; returns the form."""
        token.expires = self._clock() + LIFETIME
        if other_key:
            del self.tokens[token.key]
            token.key, token.secret = secrets.token_hex(15), secrets.token_hex(15)
            self.tokens[token.key] = token
        return {"oauth_token": token.key, "oauth_token_secret": token.secret, **token.form()}

    def expire(self) -> None:
        """End all tokens now."""
        for token in self.tokens.values():
            token.expires = self._clock()

    def revoke(self) -> None:
        """Take all tokens back."""
        for token in self.tokens.values():
            token.revoked = True

    # Names and parameters of what follows are oauthlib's; *request* is its request.

    def validate_timestamp_and_nonce(
        self, client_key: str, timestamp: str, nonce: str, request: Any, **_: Any
    ) -> bool:
        now, asked = self._timestamps().timestamp(), int(timestamp)
        if abs(now - asked) > SKEW.total_seconds():
            raise Refused("timestamp_refused", f"The clocks differ by {now - asked:.0f} seconds")
        for old in [each for each in self._nonces if each < now - SKEW.total_seconds()]:
            del self._nonces[old]
        self.replays -= (ordered := self.replays > 0)
        if ordered or (client_key, nonce) in self._nonces[asked]:
            raise Refused("nonce_used", "The nonce was used before")
        self._nonces[asked].add((client_key, nonce))
        return True

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        if client_key not in self.consumers:
            raise Refused("consumer_key_unknown", f"There is no consumer {client_key}")
        if not self.consumers[client_key].active:
            raise Refused("consumer_key_refused", f"The consumer {client_key} is not active")
        return True

    def get_client_secret(self, client_key: str, request: Any) -> str:
        return self.consumers[client_key].secret

    def get_rsa_key(self, client_key: str, request: Any) -> str:
        key = self.consumers[client_key].rsa_key
        if not key:
            raise Refused("signature_method_rejected", f"No public key of {client_key} is known")
        return key

    def validate_redirect_uri(self, client_key: str, redirect_uri: str, request: Any) -> bool:
        parts = urlsplit(redirect_uri)
        if redirect_uri != OUT_OF_BAND and not (parts.scheme in {"http", "https"} and parts.netloc):
            raise Refused("parameter_rejected", f"{redirect_uri!r} is no callback address")
        return True

    def get_default_realms(self, client_key: str, request: Any) -> list[str]:
        return []

    def validate_requested_realms(
        self, client_key: str, realms: Iterable[str], request: Any
    ) -> bool:
        if not {*realms} <= {*self.consumers[client_key].permissions}:
            raise Refused("permission_denied", f"{client_key} may not have {', '.join(realms)}")
        return True

    def validate_realms(self, client_key: str, token: str, request: Any, **_: Any) -> bool:
        return True  # what the consumer may do is looked at when the signature is known to be good

    def save_request_token(self, token: dict[str, str], request: Any) -> None:
        key, secret = token["oauth_token"], token["oauth_token_secret"]
        self.waiting[key] = RequestToken(
            key=key, secret=secret, consumer=request.client_key, callback=request.redirect_uri
        )

    def verify_request_token(self, token: str, request: Any) -> bool:
        if token not in self.waiting or self.waiting[token].verifier:
            raise Refused("token_rejected", "There is no such request, or it has been answered")
        return True

    def get_realms(self, token: str, request: Any) -> tuple[str, ...]:
        return self.consumers[self.waiting[token].consumer].permissions

    def get_redirect_uri(self, token: str, request: Any) -> str:
        return self.waiting[token].callback

    def save_verifier(self, token: str, verifier: dict[str, str], request: Any) -> None:
        self.waiting[token].verifier = verifier["oauth_verifier"]

    def validate_request_token(self, client_key: str, token: str, request: Any) -> bool:
        if token not in self.waiting or self.waiting[token].consumer != client_key:
            raise Refused("token_rejected", "There is no such request token")
        return True

    def get_request_token_secret(self, client_key: str, token: str, request: Any) -> str:
        return self.waiting[token].secret

    def validate_verifier(self, client_key: str, token: str, verifier: str, request: Any) -> bool:
        if not secrets.compare_digest(self.waiting[token].verifier, verifier):
            raise Refused("verifier_invalid", "The verifier is wrong, or nobody has approved yet")
        return True

    def invalidate_request_token(self, client_key: str, request_token: str, request: Any) -> None:
        del self.waiting[request_token]

    def save_access_token(self, token: dict[str, str], request: Any) -> None:
        now = self._clock()
        made = FinalToken(
            id=f"T{len(self.tokens) + 1}",
            key=token["oauth_token"],
            secret=token["oauth_token_secret"],
            consumer=request.client_key,
            issued=now,
            expires=now + LIFETIME,
        )
        self.tokens[made.key] = made
        token.update(made.form())

    def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:
        known = self.tokens.get(token)
        if known is None or known.consumer != client_key:
            raise Refused("token_rejected", "There is no such token")
        if known.revoked:
            raise Refused("token_revoked", f"The token {known.id} was revoked")
        if self._clock() >= known.expires:
            raise Refused("token_expired", f"The token {known.id} ended {_moment(known.expires)}")
        return True

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        return self.tokens[token].secret


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
