"""Reads certificates and private keys from PEM, DER, PKCS#7 and PKCS#12, with any line ends."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs7,
    pkcs12,
)

from offhook.errors import InvalidInput
from offhook.model.secrets import Secret

_LARGEST = 2**20
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9# ]+)-----(.*?)-----END \1-----", re.S)
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9# ]+)-----")
_FORMATS = "Give certificates and keys as PEM, DER (.cer, .der), PKCS#7 (.p7b) or PKCS#12 (.p12)."
_AGAIN = "Copy the file again as it was issued, without opening it in an editor."


@frozen
class FoundKey:
    """A private key, and the name of the file that holds it."""

    name: str
    key: PrivateKeyTypes = field(repr=False)

    @property
    def pem(self) -> Secret:
        """The key as unprotected PEM."""
        private = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Secret(private.decode())


@frozen
class Material:
    """What files hold: certificates in the order in which they stand there, and private keys."""

    certificates: tuple[x509.Certificate, ...] = ()
    keys: tuple[FoundKey, ...] = ()

    def __add__(self, other: "Material") -> "Material":
        return Material(self.certificates + other.certificates, self.keys + other.keys)


def read_files(paths: Iterable[Path], password: Secret | None = None) -> Material:
    """Return what *paths* hold; raises `InvalidInput` naming the file that cannot be used."""
    return sum((read(_load(path), str(path), password) for path in paths), Material())


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror}.", hint="Check the path and its rights."
        ) from error


def read(content: bytes, name: str, password: Secret | None = None) -> Material:
    """
    Return what *content* holds; *name* is what errors call it.

    *password* opens PKCS#12 and protected keys; what is not protected does not need it. Raises
    `InvalidInput`.
    """
    text = _as_text(content)
    try:
        if _BEGIN.search(text):
            return _from_pem(text, name, password)
        return _from_der(content, name, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput(f"{name} cannot be used: {_reason(error)}.", hint=_hint(error)) from None


class _Explained(ValueError):
    """A reason of our own, with what to do about it."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "it is damaged"


def _hint(error: Exception) -> str:
    return error.hint if isinstance(error, _Explained) else _AGAIN


def _as_text(content: bytes) -> bytes:
    """Return PEM in ASCII, where Windows has saved it as Unicode."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode("ascii", "replace")
    return content


def _from_pem(text: bytes, name: str, password: Secret | None) -> Material:
    blocks = list(_BLOCK.finditer(text))
    if len(blocks) < len(_BEGIN.findall(text)):
        raise _Explained("a -----BEGIN line has no -----END line of its own", _AGAIN)
    found = sum((_from_block(each, name, password) for each in blocks), Material())
    if found == Material():
        labels = ", ".join(sorted({each[1].decode().lower() for each in blocks}))
        raise _Explained(f"it holds only a {labels}", _FORMATS)
    return found


def _from_block(block: re.Match[bytes], name: str, password: Secret | None) -> Material:
    label, body = block[1], b"\n".join(line.strip() for line in block[0].splitlines())
    if label.endswith(b"PRIVATE KEY"):
        key = _key(load_pem_private_key, body, password, b"ENCRYPTED" in body)
        return Material(keys=(FoundKey(name, key),))
    if label in (b"CERTIFICATE", b"X509 CERTIFICATE"):
        return Material((x509.load_pem_x509_certificate(body.replace(b"X509 ", b"")),))
    if label in (b"PKCS7", b"PKCS #7 SIGNED DATA"):
        return Material(tuple(pkcs7.load_pem_pkcs7_certificates(body)))
    return Material()


def _from_der(content: bytes, name: str, password: Secret | None) -> Material:
    """Tell the formats apart by the first element within the outermost sequence."""
    first = _inside(content)
    if first.startswith(b"\x02\x01\x03"):
        return _from_pkcs12(content, name, password)
    if first.startswith(b"\x06"):
        return Material(tuple(pkcs7.load_der_pkcs7_certificates(content)))
    protected = first.startswith(b"\x30") and _inside(first).startswith(b"\x06")
    if protected or first.startswith((b"\x02\x01\x00", b"\x02\x01\x01")):
        key = _key(load_der_private_key, content, password, protected)
        return Material(keys=(FoundKey(name, key),))
    if first.startswith(b"\x30"):
        return Material((x509.load_der_x509_certificate(content),))
    raise _Explained("it holds neither a certificate nor a key", _FORMATS)


def _inside(content: bytes) -> bytes:
    """Return what follows the tag and the length of a sequence (X.690); empty for anything else."""
    if content[:1] != b"\x30" or len(content) < 2:
        return b""
    return content[2 + (content[1] & 0x7F if content[1] & 0x80 else 0) :]


def _from_pkcs12(content: bytes, name: str, password: Secret | None) -> Material:
    try:
        loaded = pkcs12.load_pkcs12(content, password.reveal().encode() if password else None)
    except ValueError as error:
        raise _locked("it", password) from error
    given = [loaded.cert, *loaded.additional_certs]
    certificates = tuple(each.certificate for each in given if each)
    return Material(certificates, (FoundKey(name, loaded.key),) if loaded.key else ())


def _key(
    load: Callable[..., Any], content: bytes, password: Secret | None, protected: bool
) -> PrivateKeyTypes:
    if protected and not password:
        raise _locked("its private key", password)
    opened = password.reveal().encode() if protected and password else None
    try:
        key: PrivateKeyTypes = load(content, opened)
    except ValueError as error:
        raise (_locked("its private key", password) if protected else error) from error
    return key


def _locked(what: str, password: Secret | None) -> _Explained:
    if password:
        return _Explained(f"the password does not open {what}", "Give the password of this file.")
    return _Explained(f"{what} is protected by a password", "Give its password.")


def pem_of(certificates: Sequence[x509.Certificate]) -> str:
    """Return *certificates* one below the other in PEM, with Unix line ends."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)
