"""Authorities that issue whatever a test needs, right or wrong."""

import ipaddress
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

HOST = "phones.example.test"
YEAR = timedelta(365)
_ISSUING = {"key_cert_sign", "crl_sign"}
_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
_serials = count(1000)


@frozen(eq=False)
class Issued:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def make_key(kind: str = "ec") -> Any:
    """Make a key: ec, or rsa with its bits (rsa-1024)."""
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, int(kind.partition("-")[2] or 2048))


def root(name: str = "Test Root", **options: Any) -> Issued:
    """Return an authority that nobody has issued."""
    return issue(name, None, authority=True, **options)


def intermediate(name: str, by: Issued, **options: Any) -> Issued:
    """Return an authority that *by* has issued."""
    return issue(name, by, authority=True, **options)


def leaf(by: Issued | None, *names: str, **options: Any) -> Issued:
    """Return a server's certificate, for `HOST` and localhost where no names are given."""
    return issue("Server", by, names=names or (HOST, "localhost"), **options)


def issue(
    name: str,
    by: Issued | None,
    *,
    authority: bool = False,
    names: Sequence[str] = (),
    key: Any = None,
    days: tuple[int, int] = (-1, 90),
    leave_out: Sequence[str] = (),
    **details: Any,
) -> Issued:
    """
    Issue a certificate valid from and until *days* from now; `leave_out` names extensions.

    More *details*: purpose, path_length, permitted, url.
    """
    key = key or make_key()
    now = datetime.now(UTC).replace(microsecond=0)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signer = (by.certificate.subject, by.key) if by else (subject, key)
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), next(_serials))
        .not_valid_before(now + timedelta(days[0]))
        .not_valid_after(now + timedelta(days[1]))
    )
    for label, extension, critical in _extensions(key, signer, authority, names, **details):
        if label not in leave_out:
            builder = builder.add_extension(extension, critical)
    return Issued(builder.sign(signer, hashes.SHA256()), key)


def _extensions(
    key: Any,
    signer: Any,
    authority: bool,
    names: Sequence[str],
    *,
    purpose: Any = ExtendedKeyUsageOID.SERVER_AUTH,
    path_length: int | None = None,
    permitted: str = "",
    url: str = "",
) -> Iterator[tuple[str, Any, bool]]:
    yield "basic", x509.BasicConstraints(authority, path_length), True
    yield "ski", x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
    yield "aki", x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
    wanted = _ISSUING if authority else {"digital_signature"}
    yield "usage", x509.KeyUsage(**{usage: usage in wanted for usage in _USAGES}), True
    if names:
        yield "names", x509.SubjectAlternativeName([_general(each) for each in names]), False
    if not authority:
        yield "purpose", x509.ExtendedKeyUsage([purpose]), False
    if permitted:
        yield "permitted", x509.NameConstraints([x509.DNSName(permitted)], None), True
    if url:
        where = x509.UniformResourceIdentifier(url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)
        yield "access", x509.AuthorityInformationAccess([access]), False


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def answer(request: str, by: Issued, *names: str) -> Issued:
    """Issue a certificate for a request in PEM, as an authority does: its key stays elsewhere."""
    wanted = x509.load_pem_x509_csr(request.encode())
    drawn = leaf(by, *names).certificate
    builder = x509.CertificateBuilder(
        by.certificate.subject, wanted.subject, wanted.public_key(), next(_serials)
    )
    builder = builder.not_valid_before(drawn.not_valid_before_utc)
    builder = builder.not_valid_after(drawn.not_valid_after_utc)
    for each in drawn.extensions:
        if not isinstance(each.value, x509.SubjectKeyIdentifier):
            builder = builder.add_extension(each.value, each.critical)
    return Issued(builder.sign(by.key, hashes.SHA256()), None)
