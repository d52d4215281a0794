"""Signs requests by OAuth 1.0a (RFC 5849), with Authlib."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

from offhook.api import Authorization, InvalidInput, Problem, Secret
from offhook_mbg.options import Options


class Signing:
    """
    Signs as the consumer of a connection, and with *authorization* as whoever that let in.

    *callback* and *verifier* are signed, too. Every call has a nonce of its own. Raises
    `InvalidInput` for a private key that is none.
    """

    def __init__(
        self,
        options: Options,
        authorization: Authorization | None,
        *,
        callback: str = "",
        verifier: Secret | None = None,
    ) -> None:
        self._options, self._authorization = options, authorization
        self._callback, self._verifier = callback, verifier
        self._key = _private_key(options.private_key) if options.private_key else ""

    def __call__(self, method: str, url: str) -> Mapping[str, str]:
        """Return the headers that sign a request."""
        given, verifier = self._authorization, self._verifier
        auth = _signer()(
            self._options.consumer_id,
            client_secret=self._options.consumer_secret.reveal(),
            token=given.token.reveal() if given else None,
            token_secret=given.secret.reveal() if given else None,
            redirect_uri=self._callback or None,
            verifier=verifier.reveal() if verifier else None,
            signature_method=self._options.signature_method,
            rsa_key=self._key,
        )
        _, headers, _ = auth.sign(method, url, {}, b"")
        return {name: str(value) for name, value in headers.items()}

    def mask(self, text: str) -> str:
        """Return *text*, which may quote a request, without what it was signed with."""
        given = self._authorization
        secrets = [self._options.consumer_secret, self._verifier]
        secrets += [given.token, given.secret] if given else []
        for clear in [each.reveal() for each in secrets if each]:
            escaped = quote(clear, safe="")
            for written in (clear, escaped, quote(escaped, safe="")):  # by PLAINTEXT twice
                text = text.replace(written, "****")
        return text


@cache
def _signer() -> Any:
    """Return Authlib's signer; imported when used, it is heavy for a command that signs nothing."""
    rfc5849 = import_module("authlib.oauth1.rfc5849")
    methods = {
        **rfc5849.ClientAuth.SIGNATURE_METHODS,
        "HMAC-SHA1": lambda client, request: _hmac(client, request, hashlib.sha1),
        "HMAC-SHA256": lambda client, request: _hmac(client, request, hashlib.sha256),
        "RSA-SHA1": _rsa,
    }
    return type("Signer", (rfc5849.ClientAuth,), {"SIGNATURE_METHODS": methods})


def _hmac(client: Any, request: Any, digest: Any) -> str:
    escape = import_module("authlib.oauth1.rfc5849.util").escape
    key = f"{escape(client.client_secret or '')}&{escape(client.token_secret or '')}"
    return b64encode(hmac.new(key.encode(), _base_string(request), digest).digest()).decode()


def _rsa(client: Any, request: Any) -> str:
    sign = import_module("authlib.oauth1.rfc5849.rsa").sign_sha1
    return b64encode(sign(_base_string(request), client.rsa_key)).decode()


def _base_string(request: Any) -> bytes:
    """
    Return what is signed: RFC 5849, section 3.4.1.

    Authlib's own would decode what begins with oauth_ twice: a callback with %2F in it.
    """
    signature = import_module("authlib.oauth1.rfc5849.signature")
    escape = import_module("authlib.oauth1.rfc5849.util").escape
    address = signature.normalize_base_string_uri(request.uri)
    parameters = signature.normalize_parameters(
        [each for each in request.params if each[0] not in {"oauth_signature", "realm"}]
    )
    return "&".join(map(escape, (request.method.upper(), address, parameters))).encode()


def _private_key(path: str) -> str:
    serialization = import_module("cryptography.hazmat.primitives.serialization")
    unusable = import_module("cryptography.exceptions").UnsupportedAlgorithm
    try:
        text = Path(path).read_text(encoding="ascii")
        serialization.load_pem_private_key(text.encode(), password=None)
    except (OSError, ValueError, TypeError, unusable) as error:
        problem = Problem("private_key", path, str(getattr(error, "strerror", "") or error))
        hint = "Set private_key to a readable file with an RSA key in PEM format, unencrypted."
        raise InvalidInput("The private key cannot be used:", [problem], hint=hint) from error
    return text
