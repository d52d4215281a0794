"""Certificates are shown in plain values, and the names that they cover are those of RFC 6125."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from offhook.certificates.views import covers, describe, kind_of
from tests.core.certificates.authorities import intermediate, issue, leaf, make_key, root

TOP = root()
URL = "http://ca.example.test/top.cer"


@pytest.mark.parametrize(
    ("name", "host", "covered"),
    [
        ("phones.example.test", "phones.example.test", True),
        ("Phones.Example.Test", "phones.example.test", True),
        ("phones.example.test", "PHONES.example.test.", True),
        ("phones.example.test", "example.test", False),
        ("*.example.test", "phones.example.test", True),
        ("*.example.test", "example.test", False),
        ("*.example.test", "a.phones.example.test", False),
        ("*.example.test", ".example.test", False),
        ("*.test", "phones.test", False),
        ("ph*.example.test", "phones.example.test", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8::7", "[2001:db8:0::7]", True),
    ],
)
def test_a_name_covers_what_clients_say_it_does(name, host, covered):
    assert covers(leaf(TOP, name).certificate, host) is covered


def test_the_common_name_covers_nothing():
    assert not covers(issue("phones.example.test", TOP).certificate, "phones.example.test")


def test_everything_is_told_in_plain_values():
    own = leaf(TOP, "a.example.test", "192.0.2.7", url=URL, key=make_key("rsa-2048"))
    shown = describe(own.certificate, datetime.now(UTC) + timedelta(days=10))

    assert (shown.subject, shown.issuer, shown.common_name) == (
        "CN=Server",
        "CN=Test Root",
        "Server",
    )
    assert (shown.kind, shown.key, shown.signature) == ("server", "RSA 2048", "sha256 with ECDSA")
    assert shown.names == ("a.example.test", "192.0.2.7")
    assert shown.issuer_urls == (URL,)
    assert shown.days_left == 79
    assert shown.not_after - shown.not_before == timedelta(91)
    assert len(shown.fingerprint) == 64


def test_kinds_are_told_apart():
    assert kind_of(TOP.certificate) == "root"
    assert kind_of(intermediate("Middle", TOP).certificate) == "intermediate"
    assert kind_of(leaf(None).certificate) == "self-signed"
    assert kind_of(leaf(TOP, leave_out=["basic"]).certificate) == "server"


def test_other_keys_are_named_too():
    own = leaf(TOP, key=ed25519.Ed25519PrivateKey.generate())

    assert describe(own.certificate, datetime.now(UTC)).key == "Ed25519"
