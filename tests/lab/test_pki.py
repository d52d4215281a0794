"""The test certificates are good and bad in the ways they claim."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from tests.lab.pki import Certificate, Pki


def _handshake(certificate: Certificate, trusted: Path) -> str:
    """Return what a strict client says to this certificate: nothing, or OpenSSL's reason."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate.chain, certificate.key)
    here, there = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(there, server_side=True).close()
        except OSError:
            there.close()

    thread = threading.Thread(target=serve)
    thread.start()
    client = ssl.create_default_context(cafile=str(trusted))
    try:
        client.wrap_socket(here, server_hostname="localhost").close()
    except ssl.SSLCertVerificationError as error:
        here.close()
        return error.verify_message
    finally:
        thread.join(5)
    return ""


def test_the_leaf_is_trusted_through_its_chain(pki: Pki) -> None:
    assert _handshake(pki.leaf, pki.root) == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("leaf_only", "unable to get local issuer certificate"),
        ("expired", "certificate has expired"),
        ("self_signed", "self-signed certificate"),
        ("wrong_name", "Hostname mismatch"),
        ("foreign", "unable to get local issuer certificate"),
    ],
)
def test_a_bad_certificate_is_refused_for_its_reason(pki: Pki, name: str, reason: str) -> None:
    assert reason in _handshake(getattr(pki, name), pki.root)


def test_the_foreign_one_is_good_for_those_who_trust_its_root(pki: Pki) -> None:
    assert _handshake(pki.foreign, pki.foreign_root) == ""
