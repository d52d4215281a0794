"""Makes certificate signing requests: the fields of authorities, and what they turn down."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from offhook.certificates.countries import read_country
from offhook.certificates.views import key_id
from offhook.errors import InvalidInput, Problem
from offhook.model.described import described, read_texts
from offhook.model.findings import Finding
from offhook.model.rules import is_address, read_line
from offhook.model.secrets import Secret

MANY = 15  # names: where authorities begin to refuse
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.I)
_INSIDE = (".local", ".lan", ".internal", ".home", ".corp", ".localdomain", ".intranet")
_WORDY = ("state", "locality", "organization", "unit")
_KEYS = ("rsa-2048", "rsa-3072", "rsa-4096", "ec-256", "ec-384")
_CURVES = {"ec-256": ec.SECP256R1, "ec-384": ec.SECP384R1}


def _up_to(most: int) -> Any:
    """Return a check for the length that X.520 has for a part of a name."""

    def check(value: str) -> None:
        if len(value) > most:
            raise ValueError(f"it has more than {most} characters")

    return check


def _read_state(text: str) -> str:
    state = read_line(text)
    if state.isascii() and 0 < len(state.strip(".")) <= 2:
        raise ValueError("write the state or province in full, such as Ontario")
    return state


def _read_name(text: str) -> str:
    """Return a host name, with a star as its first label or without, or an address."""
    name = read_line(text).rstrip(".")
    if not name or is_address(name):
        return str(ipaddress.ip_address(name.strip("[]"))) if name else ""
    if not name.isascii():
        raise ValueError(f"write it in ASCII: {_in_ascii(name)}")
    labels = name.removeprefix("*.").split(".")
    if "*" in "".join(labels):
        raise ValueError("a star stands for the whole first label only: *.example.org")
    if name.startswith("*.") and len(labels) < 2:
        raise ValueError("a star needs two labels behind it: *.example.org")
    if not all(_LABEL.fullmatch(each) for each in labels) or len(name) > 253:
        raise ValueError("use a host name, without scheme, port and path")
    return name.lower()


def _in_ascii(name: str) -> str:
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return "xn--..."


def _read_names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_read_name(each) for each in re.split(r"[,\s]+", text) if each))


@frozen(kw_only=True)
class RequestForm:
    """What a request says; only the common name must be given."""

    country: str = described(
        default="", read=read_country, help="Two letters of ISO 3166, such as CA."
    )
    state: str = described(
        default="", read=_read_state, check=_up_to(128), help="State or province, in full."
    )
    locality: str = described(default="", read=read_line, check=_up_to(128), help="City, in full.")
    organization: str = described(
        default="", read=read_line, check=_up_to(64), help="The name that is registered by law."
    )
    unit: str = described(default="", read=read_line, check=_up_to(64), help="Department.")
    common_name: str = described(
        read=_read_name, check=_up_to(64), help="The host name, or *.DOMAIN for all of a domain."
    )
    names: tuple[str, ...] = described(
        default=(), read=_read_names, help="More host names and addresses, with commas (SAN)."
    )
    key: str = described(default="rsa-2048", choices=_KEYS, help="Kind and bits of the key.")

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every name once, the common name first: clients look at these only."""
        return tuple(dict.fromkeys((self.common_name, *self.names)))


@frozen(kw_only=True)
class Request:
    """A request in PEM, its private key, and the fingerprint of its public key."""

    pem: str
    key: Secret = field(repr=False)
    key_id: str


def fill(texts: Mapping[str, str]) -> RequestForm:
    """Return the form that *texts* fill; raises `InvalidInput` with every problem."""
    values = read_texts(RequestForm, texts, what="The request")
    if not values.get("common_name"):
        problem = Problem("common_name", "", "give the host name that clients use")
        raise InvalidInput("The request cannot be used:", [problem])
    return RequestForm(**values)


def make(form: RequestForm) -> Request:
    """Make a key, and the request that it signs: SHA-256, or SHA-384 for the larger curve."""
    key: Any = (
        ec.generate_private_key(_CURVES[form.key]())
        if form.key in _CURVES
        else rsa.generate_private_key(65537, int(form.key.partition("-")[2]))
    )
    names = x509.SubjectAlternativeName([_general(each) for each in form.all_names])
    request = (
        x509.CertificateSigningRequestBuilder(_subject(form))
        .add_extension(names, critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA384() if form.key == "ec-384" else hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Request(
        pem=request.public_bytes(Encoding.PEM).decode(),
        key=Secret(private.decode()),
        key_id=key_id(key.public_key()),
    )


def doubts(form: RequestForm) -> Iterator[Finding]:
    """Yield what an authority may turn down, or do otherwise than meant."""
    for name in _WORDY:
        text = getattr(form, name)
        if text.isupper() and len(text) > 1:
            said = f"{text} ({name}) is in capital letters only."
            yield _doubt("request-capitals", said, f"Write {text.title()}, unless it is so by law.")
        elif name != "organization" and text.endswith("."):
            said = f"{text} ({name}) looks like an abbreviation."
            yield _doubt("request-abbreviated", said, "Write it in full.")
    yield from _doubts_of_names(form)


def _doubts_of_names(form: RequestForm) -> Iterator[Finding]:
    names = form.all_names
    addresses = [each for each in names if is_address(each)]
    inside = [
        each
        for each in names
        if each not in addresses and ("." not in each or each.endswith(_INSIDE))
    ]
    stars = [each for each in names if each.startswith("*.") and each[2:] not in names]
    if addresses:
        said = f"{', '.join(addresses)}: few authorities issue for addresses, and none for inside."
        yield _doubt("request-address", said, "Use names; an address is for tests in a network.")
    if inside:
        said = f"{', '.join(inside)}: public authorities issue for names of the public DNS only."
        yield _doubt("request-inside-name", said, "Use a name of a domain that you own.")
    if len(names) > MANY:
        said = f"There are {len(names)} names; many authorities allow {MANY}."
        yield _doubt("request-many-names", said, "Use *.DOMAIN, or ask your authority before.")
    for each in stars:
        said = f"{each} does not stand for {each[2:]} itself, nor for names with more labels."
        yield _doubt("request-wildcard", said, f"Add {each[2:]} if clients use that, too.")


def _doubt(code: str, summary: str, action: str) -> Finding:
    return Finding(level="warning", code=code, summary=summary, action=action)


def _subject(form: RequestForm) -> x509.Name:
    parts = (
        (NameOID.COUNTRY_NAME, form.country),
        (NameOID.STATE_OR_PROVINCE_NAME, form.state),
        (NameOID.LOCALITY_NAME, form.locality),
        (NameOID.ORGANIZATION_NAME, form.organization),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, form.unit),
        (NameOID.COMMON_NAME, form.common_name),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def _general(name: str) -> x509.GeneralName:
    if is_address(name):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)
