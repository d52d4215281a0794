"""A certificate authority for tests: one good chain, and the certificates that must be refused."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import trustme
from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("localhost", "127.0.0.1", "::1")


@frozen
class Certificate:
    """What a server presents: a file with its chain, leaf first, and the file of its key."""

    chain: Path
    key: Path


@frozen
class Pki:
    """
    Certificates as paths, all but `wrong_name` made for localhost, 127.0.0.1 and ::1.

    `root` is what clients are told to trust, `foreign_root` what `foreign` descends from.
    """

    root: Path
    intermediate: Path
    foreign_root: Path
    leaf: Certificate
    leaf_only: Certificate
    expired: Certificate
    self_signed: Certificate
    wrong_name: Certificate
    foreign: Certificate


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Certificates for localhost, good and bad, made once per session."""
    return make_pki(tmp_path_factory.mktemp("pki"))


def make_pki(folder: Path) -> Pki:
    """Write root, intermediate and all certificates to *folder*."""
    root, stranger = trustme.CA(organization_name="Lab Root"), trustme.CA()
    intermediate = root.create_child_ca()
    leaf = intermediate.issue_cert(*NAMES, common_name="localhost")
    old = datetime(2020, 1, 1, tzinfo=UTC)
    expired = intermediate.issue_cert(*NAMES, not_before=old, not_after=old + timedelta(30))
    return Pki(
        root=_write(folder / "root.pem", root.cert_pem.bytes()),
        intermediate=_write(folder / "intermediate.pem", intermediate.cert_pem.bytes()),
        foreign_root=_write(folder / "foreign-root.pem", stranger.cert_pem.bytes()),
        leaf=_issued(folder / "leaf", leaf),
        leaf_only=_issued(folder / "leaf-only", leaf, links=1),
        expired=_issued(folder / "expired", expired),
        self_signed=_self_signed(folder / "self-signed"),
        wrong_name=_issued(folder / "wrong-name", intermediate.issue_cert("other.example")),
        foreign=_issued(folder / "foreign", stranger.issue_cert(*NAMES)),
    )


def _issued(stem: Path, issued: trustme.LeafCert, links: int | None = None) -> Certificate:
    chain = b"".join(link.bytes() for link in issued.cert_chain_pems[:links])
    return _certificate(stem, chain, issued.private_key_pem.bytes())


def _self_signed(stem: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _certificate(stem, certificate.public_bytes(pem), private)


def _certificate(stem: Path, chain: bytes, key: bytes) -> Certificate:
    return Certificate(
        chain=_write(stem.with_suffix(".pem"), chain),
        key=_write(stem.with_suffix(".key"), key, mode=0o600),
    )


def _write(path: Path, content: bytes, mode: int = 0o644) -> Path:
    path.touch(mode=mode)
    path.write_bytes(content)
    return path
