"""Who sent a request: its signature (RFC 9421) by a key that the operator knows, used only once."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from offhook_redirector.problems import Problem
from offhook_redirector.store import Server, Store

COMPONENTS = ("@method", "@authority", "@target-uri", "content-digest", "content-type")
LONGEST = timedelta(seconds=60)
_NONCE = range(16, 129)  # characters
_KEY_BYTES = 32


@frozen
class Message:
    """A request as it was signed: ``url`` is the one under this service's public name."""

    method: str
    url: str
    headers: Mapping[str, str]


def read_key(text: str) -> Ed25519PublicKey:
    """Return the public key that *text* is, base64 of 32 bytes; raises `ValueError`."""
    raw = base64.b64decode(text, validate=True)
    if len(raw) != _KEY_BYTES or base64.b64encode(raw).decode() != text:
        raise ValueError("use base64 of the 32 bytes of an Ed25519 public key")
    return Ed25519PublicKey.from_public_bytes(raw)


def identify(store: Store, message: Message, body: bytes, *, now: datetime) -> Server:
    """Return the server that sent *message*; raises `Problem`. A second time it is refused."""
    signed = _verify(message, body)
    key, nonce, expires_at = _parameters(signed)
    server = store.server(key, now=now)
    if server is None:
        raise Problem(
            403,
            "unknown-server",
            "This key is not known here: its operator adds it with: offhook redirect servers add",
        )
    digest = hashlib.sha256(f"{key} {nonce}".encode()).hexdigest()
    keep = expires_at + HTTPMessageVerifier.max_clock_skew + timedelta(seconds=1)
    if not store.take_nonce(digest, expires_at=keep):
        raise Problem(401, "replayed", "This very request was here before.")
    return server


class _KeysThemselves(HTTPSignatureKeyResolver):
    """The id of a key is the key: who signed with it holds it, whether it is known or not."""

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        return read_key(key_id)


def _verify(message: Message, body: bytes) -> Mapping[str, Any]:
    """Return the parameters of the one signature; raises `Problem` unless it is good."""
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519, key_resolver=_KeysThemselves()
    )
    try:
        (result,) = verifier.verify(
            message, max_age=LONGEST, require_components=COMPONENTS, body=body
        )
    except HTTPMessageSignaturesException as error:
        raise Problem(401, "bad-signature", f"The signature is refused: {error}.") from error
    return result.parameters


def _parameters(signed: Mapping[str, Any]) -> tuple[str, str, datetime]:
    """Return key, nonce and end of a good signature; raises `Problem` where one is missing."""
    created, expires, nonce = signed["created"], signed.get("expires"), signed.get("nonce", "")
    if expires is None or not 0 <= expires - created <= LONGEST.seconds:
        limit = LONGEST.seconds
        raise Problem(401, "bad-signature", f"expires must follow created by at most {limit} s.")
    if len(nonce) not in _NONCE:
        raise Problem(401, "bad-signature", "The nonce must have 16 to 128 characters.")
    return signed["keyid"], nonce, datetime.fromtimestamp(expires, UTC)
