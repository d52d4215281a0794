"""Certificates and keys are read in every format that authorities and Windows make of them."""

import base64
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from offhook.certificates.reading import Material, pem_of, read, read_files
from offhook.errors import InvalidInput
from offhook.model.secrets import Secret
from tests.core.certificates.authorities import intermediate, leaf, make_key, root
from tests.lab.programs import need

PASSWORD = Secret("Grüße & co")
WRONG = Secret("something else")
DER = serialization.Encoding.DER
PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
BY = intermediate("Middle", root())
OWN = leaf(BY)
CHAIN = (OWN.certificate, BY.certificate)
LOCK = serialization.BestAvailableEncryption(PASSWORD.reveal().encode())


def key(encoding, form=PKCS8, lock=None, own=OWN):
    return own.key.private_bytes(encoding, form, lock or serialization.NoEncryption())


def numbers(material: Material):
    return [each.key.private_numbers() for each in material.keys]


def p12(lock=None):
    return pkcs12.serialize_key_and_certificates(
        b"own", OWN.key, OWN.certificate, [BY.certificate], lock or serialization.NoEncryption()
    )


FORMATS = {
    "PEM": OWN.pem + BY.pem,
    "Windows line ends": (OWN.pem + BY.pem).replace(b"\n", b"\r\n"),
    "old Mac line ends": (OWN.pem + BY.pem).replace(b"\n", b"\r"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + OWN.pem + BY.pem,
    "Notepad's Unicode": (OWN.pem + BY.pem).decode().encode("utf-16"),
    "text around it": b"subject=/CN=x\n\n" + OWN.pem + b"\nand then\n\n" + BY.pem + b"\n\n--\n",
    "spaces at the ends of lines": (OWN.pem + BY.pem).replace(b"\n", b"  \n  "),
    "no line end at the end": (OWN.pem + BY.pem).rstrip(),
    "another label": (OWN.pem + BY.pem).replace(b" CERT", b" X509 CERT"),
    "PKCS#7 in PEM": pkcs7.serialize_certificates(CHAIN, PEM),
    "PKCS#7 in DER": pkcs7.serialize_certificates(CHAIN, DER),
    "PKCS#12": p12(),
}


@pytest.mark.parametrize("content", FORMATS.values(), ids=FORMATS)
def test_every_format_holds_the_same_certificates(content):
    found = read(content, "bundle")

    assert set(found.certificates) == set(CHAIN)
    assert pem_of(CHAIN).encode() == OWN.pem + BY.pem


def test_der_holds_one_certificate():
    assert read(OWN.certificate.public_bytes(DER), "x.cer").certificates == CHAIN[:1]


KEYS = {
    "PKCS#8": key(PEM),
    "with Windows line ends": key(PEM).replace(b"\n", b"\r\n"),
    "SEC 1": key(PEM, serialization.PrivateFormat.TraditionalOpenSSL),
    "SEC 1 in DER": key(DER, serialization.PrivateFormat.TraditionalOpenSSL),
    "DER": key(DER),
    "protected": key(PEM, lock=LOCK),
    "protected, as of old": key(PEM, serialization.PrivateFormat.TraditionalOpenSSL, LOCK),
    "protected DER": key(DER, lock=LOCK),
    "protected PKCS#12": p12(LOCK),
    "beside certificates": OWN.pem + key(PEM),
}


@pytest.mark.parametrize("content", KEYS.values(), ids=KEYS)
def test_every_format_holds_the_same_key(content):
    found = read(content, "own.key", PASSWORD)

    assert numbers(found) == [OWN.key.private_numbers()]
    assert found.keys[0].name == "own.key"
    assert found.keys[0].pem.reveal().encode() == key(PEM)
    assert "PRIVATE" not in repr(found)


def test_rsa_keys_are_read_too():
    rsa = leaf(BY, key=make_key("rsa-2048"))
    old = key(DER, serialization.PrivateFormat.TraditionalOpenSSL, own=rsa)

    assert numbers(read(old, "x")) == [rsa.key.private_numbers()]


@pytest.mark.parametrize(
    "content", [KEYS[each] for each in KEYS if "protected" in each], ids=lambda _: ""
)
@pytest.mark.parametrize(
    ("password", "reason"), [(None, "protected by a password"), (WRONG, "does not open")]
)
def test_a_password_that_is_missing_or_wrong_is_told(content, password, reason):
    with pytest.raises(InvalidInput, match=f"own.p12 cannot be used.*{reason}") as caught:
        read(content, "own.p12", password)
    assert "password" in caught.value.hint
    assert WRONG.reveal() not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "neither a certificate nor a key"),
        (b"hello", "neither a certificate nor a key"),
        (b"\x30", "neither a certificate nor a key"),
        (OWN.pem[:200], "no -----END line"),
        (OWN.pem.replace(b"MII", b"MIX", 1), "."),
        (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "."),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "only a public key"),
        (OWN.certificate.public_bytes(DER)[:-7], "."),
        (base64.b64encode(OWN.certificate.public_bytes(DER)), "neither"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_told_with_what_to_do(content, reason):
    with pytest.raises(InvalidInput, match=f"^broken.pem cannot be used: .*{reason}") as caught:
        read(content, "broken.pem")
    assert caught.value.hint


def test_several_files_are_one_material(tmp_path):
    (tmp_path / "own.pem").write_bytes(OWN.pem)
    (tmp_path / "own.key").write_bytes(key(PEM))
    found = read_files([tmp_path / "own.pem", tmp_path / "own.key"])

    assert found.certificates == CHAIN[:1]
    assert found.keys[0].name == str(tmp_path / "own.key")
    with pytest.raises(InvalidInput, match="absent cannot be read: No such file"):
        read_files([tmp_path / "absent"])


@pytest.mark.lab
@pytest.mark.parametrize("how", [[], ["-legacy"], ["-certpbe", "NONE"]], ids=str)
def test_pkcs12_of_openssl_is_read_as_windows_exports_it(how, tmp_path):
    (tmp_path / "own.pem").write_bytes(OWN.pem + key(PEM) + BY.pem)
    command = [need("openssl"), "pkcs12", "-export", "-in", "own.pem", "-passout", "pass:secret"]
    made = subprocess.run([*command, *how], cwd=tmp_path, check=True, capture_output=True)

    found = read(made.stdout, "own.p12", Secret("secret"))

    assert set(found.certificates) == set(CHAIN)
    assert numbers(found) == [OWN.key.private_numbers()]
