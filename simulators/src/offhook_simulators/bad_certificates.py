"""Certificates for a simulated server, good ones and those that clients must refuse."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from attrs import field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from offhook_simulators.authorities import DemoCertificate

ISSUER_URL = "http://ca.example.test/intermediate.crt"
_DAY = timedelta(days=1)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@frozen
class Signed:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key = field(repr=False)


@frozen
class Authority:
    """A root and the intermediate authority that issues; the names of its certificates."""

    root: Signed
    intermediate: Signed
    names: tuple[str, ...]

    @classmethod
    def make(cls, names: Sequence[str], title: str = "offhook simulated") -> "Authority":
        """Make one."""
        root = _sign(f"{title} root", None, authority=True)
        return cls(root, _sign(f"{title} intermediate", root, authority=True), tuple(names))

    def issue(self, fault: str) -> tuple[Signed, list[x509.Certificate]]:
        """Return a server's certificate with that fault, and what is sent behind it."""
        return _FAULTS[fault](self)


def write(authority: Authority, fault: str, folder: Path) -> DemoCertificate:
    """Write a server's certificate with that fault to *folder*, and the root to be trusted."""
    folder.mkdir(parents=True, exist_ok=True)
    leaf, others = authority.issue(fault)
    made = DemoCertificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made.authority.write_bytes(_pem(authority.root.certificate))
    made.chain.write_bytes(b"".join(map(_pem, [leaf.certificate, *others])))
    made.key.touch(mode=0o600)
    made.key.write_bytes(leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


def _good(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    return _leaf(by), [by.intermediate.certificate]


def _self_signed(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    return _sign(by.names[0], None, extensions=[_alternative(by.names)]), []


def _expired(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    return _leaf(by, days=(-60, -1)), [by.intermediate.certificate]


def _expired_intermediate(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    old = _sign("offhook simulated old", by.root, authority=True, days=(-60, -1))
    return _sign(by.names[0], old, extensions=[_alternative(by.names)]), [old.certificate]


def _not_yet_valid(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    return _leaf(by, days=(5, 60)), [by.intermediate.certificate]


def _wrong_name(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    return _leaf(by, names=("other.example.test",)), [by.intermediate.certificate]


def _no_intermediate(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    return _leaf(by), []


def _intercepted(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    proxy = _sign("A proxy that looks into TLS", None, authority=True)
    return _sign(by.names[0], proxy, extensions=[_alternative(by.names)]), []


def _intercepted_with_root(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    proxy = _sign("A proxy that looks into TLS", None, authority=True)
    return _sign(by.names[0], proxy, extensions=[_alternative(by.names)]), [proxy.certificate]


def _wrong_purpose(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    purposes = (ExtendedKeyUsageOID.CLIENT_AUTH,)
    return _leaf(by, purposes=purposes), [by.intermediate.certificate]


def _short_key(by: Authority) -> tuple[Signed, list[x509.Certificate]]:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505  that is the fault
    return _leaf(by, key=key), [by.intermediate.certificate]


_FAULTS: dict[str, Callable[[Authority], tuple[Signed, list[x509.Certificate]]]] = {
    "": _good,
    "self-signed": _self_signed,
    "expired": _expired,
    "expired-intermediate": _expired_intermediate,
    "not-yet-valid": _not_yet_valid,
    "wrong-name": _wrong_name,
    "no-intermediate": _no_intermediate,
    "intercepted": _intercepted,
    "intercepted-with-root": _intercepted_with_root,
    "short-key": _short_key,
    "wrong-purpose": _wrong_purpose,
}
FAULTS = tuple(each for each in _FAULTS if each)


def _leaf(
    by: Authority,
    *,
    names: Sequence[str] = (),
    days: tuple[int, int] = (-1, 60),
    key: Key | None = None,
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.SERVER_AUTH,),
) -> Signed:
    title, *_ = chosen = names or by.names
    extensions = [_alternative(chosen), _access(ISSUER_URL), x509.ExtendedKeyUsage(purposes)]
    return _sign(title, by.intermediate, extensions=extensions, days=days, key=key)


def _sign(
    title: str,
    issuer: Signed | None,
    *,
    extensions: Sequence[x509.ExtensionType] = (),
    authority: bool = False,
    days: tuple[int, int] = (-1, 60),
    key: Key | None = None,
) -> Signed:
    """Make a certificate, self-signed where there is no issuer; *days* are counted from today."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * _DAY)
        .not_valid_after(now + days[1] * _DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    for each in extensions:
        builder = builder.add_extension(each, critical=False)
    return Signed(builder.sign(issuer.key if issuer else own, hashes.SHA256()), own)


def _alternative(names: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general(each) for each in names])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _access(url: str) -> x509.AuthorityInformationAccess:
    issuers = AuthorityInformationAccessOID.CA_ISSUERS
    place = x509.UniformResourceIdentifier(url)
    return x509.AuthorityInformationAccess([x509.AccessDescription(issuers, place)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
