"""What to know of certificates that work today: what ends, what is weak, what is not needed."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from offhook.certificates.orders import Ordered
from offhook.certificates.views import (
    common_name,
    extension,
    hash_of,
    is_authority,
    is_self_signed,
    key_label,
)
from offhook.model.findings import Finding

SOON = timedelta(days=30)
_BROKEN = ("md5", "sha1")
_RSA, _EC = 2048, 256  # bits that are enough
# support.apple.com/103769 and /102028: of public authorities, and of any.
_PUBLIC_DAYS, _ANY_DAYS = 398, 825


def remarks(
    served: Sequence[x509.Certificate], ordered: Ordered, now: datetime, *, public: bool
) -> Iterator[Finding]:
    """Yield what to know of what a server presents; *public*: its root is one of every phone."""
    for each in ordered.chain:
        yield from ending(each, now)
        yield from _weakness(each)
    yield from _of_leaf(ordered.leaf, public=public)
    yield from _of_sequence(served, ordered)


def of_versions(offered: Sequence[str]) -> Iterator[Finding]:
    """Yield what to know of the versions of TLS that a server agrees to."""
    old = [each for each in offered if each in ("TLS 1.0", "TLS 1.1")]
    if offered and len(old) == len(offered):
        yield Finding(
            level="failure",
            code="tls-too-old",
            summary=f"The server knows only {' and '.join(old)}.",
            meaning="Clients of today agree to TLS 1.2 and newer only.",
            action="Update the server, or switch TLS 1.2 on.",
        )
    elif old:
        yield Finding(
            level="warning",
            code="tls-old-versions",
            summary=f"The server still agrees to {' and '.join(old)}.",
            meaning="Both have been broken, and are deprecated (RFC 8996).",
            action="Switch them off; clients use TLS 1.2 or 1.3.",
        )


def ending(certificate: x509.Certificate, now: datetime) -> Iterator[Finding]:
    """Yield that a link is over, or will be soon."""
    left = certificate.not_valid_after_utc - now
    if left > SOON:
        return
    name, day = common_name(certificate), f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    over = left < timedelta()
    renew = "Have it renewed, and install it with its chain."
    newer = "Take the one that your authority gives out today."
    yield Finding(
        level="failure" if over else "warning",
        code="certificate-ends",
        summary=f"{name} expired on {day}."
        if over
        else f"{name} expires in {left.days} days, on {day}.",
        meaning="Phones break off." if over else "From then on phones break off.",
        action=newer if is_authority(certificate) else renew,
    )


def _weakness(certificate: x509.Certificate) -> Iterator[Finding]:
    key, name = certificate.public_key(), common_name(certificate)
    if (isinstance(key, rsa.RSAPublicKey) and key.key_size < _RSA) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < _EC
    ):
        yield Finding(
            level="failure",
            code="certificate-small-key",
            summary=f"The key of {name} is too small: {key_label(key)}.",
            meaning="Phones refuse it.",
            action="Make a new request with RSA 2048 or more, or EC 256.",
        )
    if hash_of(certificate) in _BROKEN and not is_self_signed(certificate):
        yield Finding(
            level="failure",
            code="certificate-weak-hash",
            summary=f"{name} is signed with {hash_of(certificate).upper()}, which is broken.",
            meaning="Phones refuse it.",
            action="Have it issued again, with SHA-256.",
        )


def _of_leaf(leaf: x509.Certificate, *, public: bool) -> Iterator[Finding]:
    days = (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days
    most = _PUBLIC_DAYS if public else _ANY_DAYS
    if days > most and not is_authority(leaf):
        yield Finding(
            level="warning",
            code="certificate-long-life",
            summary=f"{common_name(leaf)} is made for {days} days.",
            meaning=f"Apple's phones refuse what is made for more than {most}.",
            action="Have it issued for a shorter time.",
        )
    purposes = extension(leaf, x509.ExtendedKeyUsage)
    if purposes is None and not is_authority(leaf):
        yield Finding(
            level="warning",
            code="certificate-no-purpose",
            summary=f"{common_name(leaf)} does not say that it is for servers.",
            meaning="Apple's phones refuse it.",
            action=f"Have it issued with the purpose serverAuth "
            f"({ExtendedKeyUsageOID.SERVER_AUTH.dotted_string}).",
        )


def _of_sequence(served: Sequence[x509.Certificate], ordered: Ordered) -> Iterator[Finding]:
    if ordered.root and ordered.root in served[1:]:
        yield Finding(
            level="note",
            code="certificate-root-served",
            summary=f"The root {common_name(ordered.root)} is sent along.",
            meaning="Clients do not need it: they believe only what they have.",
            action="It can be left out.",
        )
    wanted = [each for each in served if each in ordered.chain]
    if wanted != list(ordered.chain):
        yield Finding(
            level="failure",
            code="certificate-order",
            summary="The certificates are not in order.",
            meaning="Browsers sort them; phones follow them as they come, and break off.",
            action="Install them in this order: " + ", ".join(map(common_name, ordered.chain)),
        )
    if ordered.left_out:
        yield Finding(
            level="note",
            code="certificate-unneeded",
            summary="Not needed: " + ", ".join(map(common_name, ordered.left_out)) + ".",
            action="They can be left out.",
        )
