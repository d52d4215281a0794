"""The key pair of this installation, and how it signs requests (RFC 9421, Ed25519)."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from attrs import Factory, frozen

from offhook.api import Authorization, Secret

COMPONENTS = ("@method", "@authority", "@target-uri", "content-digest", "content-type")
JSON = "application/json"
_GOOD_FOR = timedelta(seconds=60)  # the most that the service believes
_NONCE = 24  # bytes


@frozen
class _Message:
    """A request as the library looks at it, which adds its headers."""

    method: str
    url: str
    headers: dict[str, str] = Factory(lambda: {"Content-Type": JSON})


def make_key() -> Authorization:
    """
    Return a new key pair as a request to be let in.

    ``token_id`` and ``token`` are the public key, ``secret`` is the private one: base64 of their 32
    bytes.
    """
    key = _ed25519().Ed25519PrivateKey.generate()
    public = b64encode(key.public_key().public_bytes_raw()).decode()
    private = b64encode(key.private_bytes_raw()).decode()
    return Authorization(
        state="requested", token=Secret(public), secret=Secret(private), token_id=public
    )


def sign(
    pair: Authorization, method: str, url: str, body: bytes, *, now: datetime
) -> Mapping[str, str]:
    """Return the headers that a request with *body* needs: digest, type, signature."""
    library = import_module("http_message_signatures")
    private = _ed25519().Ed25519PrivateKey.from_private_bytes(b64decode(pair.secret.reveal()))
    keys = library.MappingKeyResolver(public_keys={}, private_keys={pair.token_id: private})
    message = _Message(method, url)
    library.HTTPMessageSigner(
        signature_algorithm=library.algorithms.ED25519, key_resolver=keys
    ).sign(
        message,
        key_id=pair.token_id,
        created=now,
        expires=now + _GOOD_FOR,
        nonce=secrets.token_urlsafe(_NONCE),
        label="offhook",
        covered_component_ids=COMPONENTS,
        body=body,
    )
    return message.headers


def _ed25519() -> Any:
    """Return what makes keys; imported when used, as most commands sign nothing."""
    return import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
