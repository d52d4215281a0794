"""Certificates as people read them: plain values for tables, pages and JSON."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeVar

from attrs import frozen
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

Kind = Literal["server", "intermediate", "root", "self-signed"]
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@frozen(kw_only=True)
class CertificateView:
    """
    One certificate in plain values; times are aware UTC.

    ``serial`` and ``fingerprint`` (SHA-256) are hexadecimal; ``issuer_urls`` are where its issuer
    says that the issuer's own certificate can be had.
    """

    kind: Kind
    subject: str
    issuer: str
    common_name: str
    names: tuple[str, ...]
    serial: str
    not_before: datetime
    not_after: datetime
    days_left: int
    key: str
    signature: str
    fingerprint: str
    issuer_urls: tuple[str, ...]


def describe(certificate: x509.Certificate, now: datetime) -> CertificateView:
    """Return *certificate* in plain values; ``days_left`` counts from *now*."""
    return CertificateView(
        kind=kind_of(certificate),
        subject=title(certificate.subject),
        issuer=title(certificate.issuer),
        common_name=common_name(certificate),
        names=names_of(certificate),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        days_left=(certificate.not_valid_after_utc - now).days,
        key=key_label(certificate.public_key()),
        signature=_signature(certificate),
        fingerprint=fingerprint(certificate),
        issuer_urls=issuer_urls(certificate),
    )


def describe_all(
    certificates: Sequence[x509.Certificate], now: datetime
) -> tuple[CertificateView, ...]:
    """Return all of them in plain values."""
    return tuple(describe(each, now) for each in certificates)


def title(name: x509.Name) -> str:
    """Return a name as one line, the most particular part first."""
    return name.rfc4514_string() or "(no name)"


def common_name(certificate: x509.Certificate) -> str:
    """Return the common name, or the whole subject where there is none."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[-1].value) if found else title(certificate.subject)


def kind_of(certificate: x509.Certificate) -> Kind:
    """Return what the certificate is for."""
    if is_authority(certificate):
        return "root" if is_self_signed(certificate) else "intermediate"
    return "self-signed" if is_self_signed(certificate) else "server"


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue others; one without the extension (version 1) may if self-signed."""
    basic = extension(certificate, x509.BasicConstraints)
    if basic is None:
        return certificate.version is x509.Version.v1 and is_self_signed(certificate)
    return basic.ca


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Whether it is its own issuer."""
    return issued(certificate, certificate)


def issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether *issuer* has signed *certificate*: the names fit, and the signature does."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    except UnsupportedAlgorithm:
        named = _key_id(certificate, x509.AuthorityKeyIdentifier, "key_identifier")
        return bool(named) and named == _key_id(issuer, x509.SubjectKeyIdentifier, "digest")
    return True


def extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """Return an extension; None where there is none that can be read."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the host names and addresses that it is made for; the common name does not count."""
    found = extension(certificate, x509.SubjectAlternativeName)
    if found is None:
        return ()
    addresses = found.get_values_for_type(x509.IPAddress)
    return (*found.get_values_for_type(x509.DNSName), *map(str, addresses))


def covers(certificate: x509.Certificate, host: str) -> bool:
    """Whether it is made for *host*, as RFC 6125 has it: a star stands for one whole label."""
    try:
        wanted = str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        wanted = host.lower().rstrip(".")
    return any(_matches(each.lower().rstrip("."), wanted) for each in names_of(certificate))


def issuer_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return where the issuer's certificate can be had (RFC 5280, 4.2.2.1)."""
    found = extension(certificate, x509.AuthorityInformationAccess)
    return tuple(
        each.access_location.value
        for each in found or ()
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint, hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def key_id(key: PublicKeyTypes) -> str:
    """Return the SHA-256 fingerprint of a public key: what a certificate and its key share."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex()


def key_label(key: PublicKeyTypes) -> str:
    """Return kind and size of a public key."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return type(key).__name__.strip("_").removesuffix("PublicKey")


def hash_of(certificate: x509.Certificate) -> str:
    """Return the hash that its signature is made with; empty where there is no such thing."""
    try:
        found = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "unknown"
    return found.name if found else ""


def _signature(certificate: x509.Certificate) -> str:
    """Return how it is signed: sha256 with RSA."""
    try:
        parameters = certificate.signature_algorithm_parameters
    except UnsupportedAlgorithm:
        return "unknown"
    by: dict[type, str] = {padding.PKCS1v15: "RSA", padding.PSS: "RSA-PSS", ec.ECDSA: "ECDSA"}
    label = by.get(type(parameters))
    return f"{hash_of(certificate)} with {label}" if label else "EdDSA"


def _matches(pattern: str, host: str) -> bool:
    first, _, rest = pattern.partition(".")
    if first != "*":
        return pattern == host
    return "." in rest and host.partition(".")[2] == rest and not host.startswith(".")


def _key_id(certificate: x509.Certificate, kind: type[x509.ExtensionType], name: str) -> object:
    found = extension(certificate, kind)
    return getattr(found, name) if found else None
