"""Reads the certificates of authorities that clients are to trust: PEM or DER."""

import base64
import binascii
from datetime import datetime
from importlib import import_module
from typing import Any

_MOST = 20  # certificates: each goes to every client, at every download


def read_authority(text: str) -> str:
    """
    Return the certificates in *text* as PEM with Unix line ends; empty is nothing chosen.

    *text* is PEM, or one certificate in DER as base64. Raises `ValueError` for what is none, and
    for a certificate that is not an authority's.
    """
    if not text.strip():
        return ""
    found = _read(text)
    if len(found) > _MOST:
        raise ValueError(f"it holds {len(found)} certificates, clients take up to {_MOST}")
    for each in found:
        if not _is_authority(each):
            name = each.subject.rfc4514_string()
            raise ValueError(f"{name} is not an authority's certificate: it must not sign others")
    encoding = import_module("cryptography.hazmat.primitives.serialization").Encoding.PEM
    return "".join(each.public_bytes(encoding).decode() for each in found)


def why_unusable(pem: str, now: datetime) -> str:
    """Return why certificates of `read_authority` cannot be used *now*, or nothing."""
    for each in _read(pem) if pem else []:
        name = each.subject.rfc4514_string()
        if each.not_valid_after_utc <= now:
            return f"{name} has expired on {each.not_valid_after_utc:%Y-%m-%d}"
        if each.not_valid_before_utc > now:
            return f"{name} is valid only from {each.not_valid_before_utc:%Y-%m-%d} on"
    return ""


def _read(text: str) -> list[Any]:
    x509 = import_module("cryptography.x509")  # heavy, and few profiles hold one
    try:
        if "-----BEGIN" in text:
            found: list[Any] = x509.load_pem_x509_certificates(text.encode())
            return found
        return [x509.load_der_x509_certificate(base64.b64decode(text, validate=True))]
    except (ValueError, binascii.Error) as error:
        raise ValueError("it holds no certificate, in PEM or DER") from error


def _is_authority(certificate: Any) -> bool:
    x509 = import_module("cryptography.x509")
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return bool(constraints.value.ca)
