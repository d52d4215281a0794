"""Opens the ports and the certificate, and says in a sentence why that fails."""

import errno
import ipaddress
import socket
import ssl
from pathlib import Path

from offhook.certificates.own import OwnPair, load_into
from offhook.errors import SettingsError
from offhook.settings import ProcessSettings

_NO_NAME = ("that name is not known", "Use 0.0.0.0 or [::] for all, or choose")
_REASONS = {
    errno.EADDRINUSE: ("another program uses it already", "Stop that program, or choose"),
    errno.EACCES: ("this user may not use that port", "Ports below 1024 need root. Choose"),
    errno.EADDRNOTAVAIL: ("this machine has no such address", "Choose"),
    socket.EAI_NONAME: _NO_NAME,
    socket.EAI_AGAIN: _NO_NAME,
}
_BACKLOG = 2048


def open_port(address: str, setting: str) -> socket.socket:
    """Return a socket that listens on ``HOST:PORT``; raises `SettingsError` naming *setting*."""
    host, port = split(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason, advice = _REASONS.get(error.errno or 0, (error.strerror, "Choose"))
        raise SettingsError(
            f"Cannot listen on {address} ({setting}): {reason}.",
            hint=f"{advice} another one in the settings: {setting}.",
        ) from error


def split(address: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT`` or ``[IPv6]:PORT``."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback(address: str) -> bool:
    """Whether ``HOST:PORT`` can be reached from this machine only."""
    host, _ = split(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def open_certificate(settings: ProcessSettings) -> ssl.SSLContext | None:
    """
    Return the TLS context of the settings; nothing where no certificate is set.

    Raises `SettingsError` for files that are missing, unreadable, encrypted or of different pairs.
    """
    certificate, key = settings.certificate, settings.private_key
    if not certificate and not key:
        return None
    if not certificate or not key:
        given, missing = ("certificate", "private_key")[:: 1 if certificate else -1]
        raise SettingsError(f"The setting {given} is there, but {missing} is not: set both.")
    _check_pem(certificate, "certificate", "-----BEGIN CERTIFICATE-----")
    text = _check_pem(key, "private_key", "PRIVATE KEY-----")
    if "ENCRYPTED" in text:
        raise SettingsError(
            f"The private key in {key} is protected by a password.",
            hint=f"Take it off: openssl pkey -in {key} -out NEW, and name NEW in private_key.",
        )
    return _load(certificate, key)


def present(pair: OwnPair) -> ssl.SSLContext:
    """Return the TLS context of an installed certificate."""
    context = _context()
    load_into(context, pair)
    return context


def check_exposure(settings: ProcessSettings, *, tls: bool) -> None:
    """Raise `SettingsError` where passwords would travel without TLS."""
    if tls or settings.trusted_proxies:
        return
    for name in ("downloads_listen", "admin_listen"):
        address = getattr(settings, name)
        if not is_loopback(address):
            raise SettingsError(
                f"{name} = {address} can be reached from outside, and there is no certificate: "
                "passwords would travel unencrypted.",
                hint="Install one: offhook certs install; or set certificate and private_key; or "
                "trusted_proxies, if a proxy in front does TLS; or listen on 127.0.0.1.",
            )


def _check_pem(path: str, setting: str, mark: str) -> str:
    try:
        text = Path(path).read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise SettingsError(
            f"{path} ({setting}) cannot be read: {error.strerror}.",
            hint=f"Correct {setting} in the settings, or the rights of the file.",
        ) from error
    if mark not in text:
        what = setting.replace("_", " ")
        raise SettingsError(
            f"{path} ({setting}) holds no {what} in PEM format.",
            hint="A PEM file is text with lines that begin with -----BEGIN.",
        )
    return text


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _load(certificate: str, key: str) -> ssl.SSLContext:
    context = _context()
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise SettingsError(
                f"The private key in {key} does not belong to the certificate in {certificate}.",
                hint="The server's own certificate must be the first one in the file.",
            ) from error
        raise SettingsError(
            f"The certificate in {certificate} or the key in {key} cannot be used: "
            f"{error.reason or error}.",
            hint="Try: openssl x509 -in CERTIFICATE -noout -text; openssl pkey -in KEY -check",
        ) from error
    return context
