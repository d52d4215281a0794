"""The certificate of our own server: that of the files in the settings, else the installed one."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import urlsplit

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from offhook.certificates.examining import examine
from offhook.certificates.orders import order
from offhook.certificates.reading import pem_of, read, read_files
from offhook.certificates.trust import Trust
from offhook.certificates.views import CertificateView, describe_all, key_id
from offhook.errors import InvalidInput, SettingsError
from offhook.model.findings import Finding
from offhook.model.secrets import Secret
from offhook.settings import ProcessSettings
from offhook.store.store import Store

Source = Literal["settings", "installed"]


@frozen(kw_only=True)
class OwnPair:
    """The certificates that our server presents, its own first, and the private key in PEM."""

    source: Source
    certificates: tuple[x509.Certificate, ...]
    key: Secret


@frozen(kw_only=True)
class OwnCertificate:
    """The same for people: nothing of the key but that there is one."""

    source: Source
    certificates: tuple[CertificateView, ...]
    findings: tuple[Finding, ...]


def current(settings: ProcessSettings, store: Store) -> OwnPair | None:
    """
    Return what is served; None where there is neither a setting nor an installed certificate.

    Raises `InvalidInput` or `SettingsError` for files of the settings that cannot be used.
    """
    if settings.certificate or settings.private_key:
        return _of_settings(settings)
    with store.read() as tx:
        pair = tx.key_pairs.installed()
    if not pair:
        return None
    certificates = read(pair.chain.encode(), "the installed certificate").certificates
    return OwnPair(source="installed", certificates=certificates, key=pair.key)


def stamp(settings: ProcessSettings, store: Store) -> str:
    """Return a text that changes when another certificate is to be served; cheap."""
    paths = [settings.certificate, settings.private_key]
    if not any(paths):
        with store.read() as tx:
            return tx.key_pairs.stamp()
    return stamp_files(*paths)


def stamp_files(*paths: str) -> str:
    """Return a text that changes when one of these files does; cheap."""
    return " ".join(_stamp(Path(each)) for each in paths)


def show(
    settings: ProcessSettings, store: Store, *, trust: Trust, now: datetime
) -> OwnCertificate | None:
    """Return what is served, and what a phone would make of it; None where nothing is."""
    pair = current(settings, store)
    if not pair:
        return None
    ordered = order(pair.certificates, trust, now, pair.certificates[0])
    findings = examine(pair.certificates, ordered, host_of(settings), trust, now)
    return OwnCertificate(
        source=pair.source,
        certificates=describe_all(pair.certificates, now),
        findings=tuple(findings),
    )


def host_of(settings: ProcessSettings) -> str:
    """Return what clients call our server."""
    return urlsplit(settings.public_url).hostname or ""


def load_into(context: ssl.SSLContext, pair: OwnPair) -> None:
    """Let *context* present *pair*; raises `InvalidInput` where OpenSSL refuses it."""
    with _files_of(pair) as (chain, key, password):
        try:
            context.load_cert_chain(chain, key, password)
        except ssl.SSLError as error:
            raise InvalidInput(
                f"This certificate cannot be served: {error.reason or error}.",
                hint="A key of RSA 2048 or EC 256 and a signature with SHA-256 are needed.",
            ) from error


@contextmanager
def _files_of(pair: OwnPair) -> Iterator[tuple[Path, Path, str]]:
    """Write a pair for OpenSSL, which takes files only; nothing of the key stays readable."""
    password = token_urlsafe()
    locked = load_pem_private_key(pair.key.reveal().encode(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())
    )
    with TemporaryDirectory(prefix="offhook-") as folder:
        chain, key = Path(folder) / "chain.pem", Path(folder) / "key.pem"
        chain.write_text(pem_of(pair.certificates))
        key.write_bytes(locked)
        yield chain, key, password


def _of_settings(settings: ProcessSettings) -> OwnPair:
    if not settings.certificate or not settings.private_key:
        raise SettingsError("certificate and private_key belong together: set both, or neither.")
    found = read_files([Path(settings.certificate)])
    keys = read_files([Path(settings.private_key)]).keys
    if not found.certificates or not keys:
        raise SettingsError(
            "The files of certificate and private_key hold no certificate, or no private key."
        )
    own = found.certificates[0]
    if key_id(own.public_key()) != key_id(keys[0].key.public_key()):
        raise SettingsError(
            f"The private key in {settings.private_key} does not belong to the certificate in "
            f"{settings.certificate}.",
            hint="The server's own certificate must be the first one in the file.",
        )
    return OwnPair(source="settings", certificates=found.certificates, key=keys[0].pem)


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "absent"
    return f"{status.st_mtime_ns} {status.st_size} {status.st_ino}"
