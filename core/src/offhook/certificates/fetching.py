"""Gets missing intermediate certificates from where their issuer says that they can be had."""

import urllib.request
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.error import HTTPError
from urllib.parse import urlsplit

from cryptography import x509

from offhook.certificates.orders import Missing, Ordered, order
from offhook.certificates.reading import read
from offhook.certificates.trust import Trust
from offhook.errors import BadAnswer, InvalidInput, OffhookError, Unreachable

_PATIENCE = 10.0  # seconds
_LARGEST = 2**18
_MOST = 5  # links that are fetched, one after the other
_BY_HAND = "Get the file in a browser, and give it with the others."

Download = Callable[[str], bytes]


def download(url: str) -> bytes:
    """
    Return what is at *url*, which a certificate names: http or https, and no more than 256 KB.

    Nothing depends on who answers: what comes must have signed the certificate.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise BadAnswer(f"{url} is no address of the web.", hint=_BY_HAND)
    try:
        with urllib.request.build_opener().open(url, timeout=_PATIENCE) as answer:
            content: bytes = answer.read(_LARGEST)
    except HTTPError as error:
        error.close()
        raise Unreachable(
            f"{url} cannot be had: it answers {error.code}.", hint=_BY_HAND
        ) from error
    except (OSError, ValueError) as error:
        raise Unreachable(f"{url} cannot be had: {error}.", hint=_BY_HAND) from error
    return content


def complete(
    certificates: Sequence[x509.Certificate],
    trust: Trust,
    now: datetime,
    first: x509.Certificate | None = None,
    get: Download = download,
) -> Ordered:
    """
    Return *certificates* in order as `order` does, with what was missing fetched.

    What cannot be fetched raises `Unreachable` or `BadAnswer`; where there is no address, or
    nothing more is to be had there, the answer says what is still missing.
    """
    ordered = order(certificates, trust, now, first)
    for _ in range(_MOST):
        if not ordered.missing or not ordered.missing.urls:
            break
        certificates = [*certificates, *_issuers(ordered.missing, get)]
        further = order(certificates, trust, now, first)
        if len(further.chain) == len(ordered.chain) and not further.root:
            raise BadAnswer(
                f"What {ordered.missing.urls[0]} gives has not issued {ordered.missing.issued}.",
                hint=_BY_HAND,
            )
        ordered = further
    return ordered


def _issuers(missing: Missing, get: Download) -> tuple[x509.Certificate, ...]:
    """Return what the first address gives that can be read; raises what the last one failed for."""
    failure: OffhookError = BadAnswer("")
    for url in missing.urls:
        try:
            return read(get(url), url).certificates
        except InvalidInput as error:
            failure = BadAnswer(f"{url} gives no certificate: {error}", hint=_BY_HAND)
        except OffhookError as error:
            failure = error
    raise failure
