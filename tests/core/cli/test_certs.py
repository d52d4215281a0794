"""``offhook certs``: from the request to the export, and what people are told on the way."""

import io
import subprocess
import zipfile
from datetime import UTC, datetime
from threading import Event

import pytest
from attrs import evolve
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from typer.testing import CliRunner

from offhook.cli import root as cli
from offhook.errors import InvalidInput
from offhook.worker import Duties
from tests.core.certificates.authorities import answer, intermediate, leaf, root
from tests.core.certificates.servers import serve
from tests.lab.programs import need

HOST = "phones.example.org"


@pytest.fixture
def top():
    return root()


@pytest.fixture
def middle(top):
    return intermediate("Middle", top, url="http://127.0.0.1:1/none.cer")


@pytest.fixture
def save(tmp_path):
    """Write a file; returns its path as text."""

    def write(name, content):
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


@pytest.fixture
def ca(save, top):
    """The option for the root of the phones."""
    return ["--ca", save("root.pem", top.pem)]


def codes(findings):
    return [each["code"] for each in findings]


@pytest.mark.lab
def test_a_request_goes_out_its_answer_is_installed_and_the_pair_is_exported(
    offhook, tmp_path, save, middle, ca
):
    said = offhook.run(
        *("certs", "csr", "country=ca", "state=ONTARIO", "organization=Example Ltd"),
        *("--out", str(tmp_path / "own.csr")),
    )
    assert "ONTARIO (state) is in capital letters only. Write Ontario" in said
    assert "Common name:   phones.example.org" in said
    request = (tmp_path / "own.csr").read_bytes()
    shown = subprocess.run(
        [need("openssl"), "req", "-verify", "-noout", "-subject"],
        input=request,
        capture_output=True,
        check=True,
    )
    assert b"verify OK" in shown.stderr
    assert b"C = CA, ST = ONTARIO, O = Example Ltd, CN = phones.example.org" in shown.stdout
    signed = answer(request.decode(), middle, HOST)
    path = save("own.crt", signed.pem.replace(b"\n", b"\r\n"))
    der = middle.certificate.public_bytes(serialization.Encoding.DER)

    done = offhook.json("certs", "install", save("middle.cer", der), path, *ca)

    assert (done["served"], codes(done["findings"])) == (True, [])
    assert [each["kind"] for each in done["certificates"]] == ["server", "intermediate"]
    assert "days left" in offhook.run("certs", "inspect", *ca)
    with pytest.raises(InvalidInput, match="Nothing was exported"):
        offhook.run("certs", "export", "--out", str(tmp_path / "x.zip"))
    said = offhook.run("certs", "export", "--yes", "--out", str(tmp_path / "x.zip"))
    assert "delete every copy after the transfer" in said
    assert (tmp_path / "x.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(io.BytesIO((tmp_path / "x.zip").read_bytes())) as archive:
        assert "private_key.pem" in archive.namelist()
        assert archive.read("certificate.pem") == signed.pem
    with offhook.app.store.read() as tx:
        actions = [each.action for each in tx.audit.latest(limit=3)]
    assert actions[0] == "certificate exported with its private key"


def test_the_second_request_says_what_the_first_one_said(offhook):
    offhook.run("certs", "csr", "organization=Example Ltd", "key=ec-256")
    said = offhook.run("certs", "csr", "locality=Ottawa")

    assert "Organization:  Example Ltd" in said
    assert "Locality:      Ottawa" in said
    assert "-----BEGIN CERTIFICATE REQUEST-----" in said


def test_a_heap_of_files_is_ordered_and_split(offhook, tmp_path, save, top, middle, ca):
    own = leaf(middle)
    heap = [save("a.pem", top.pem + middle.pem), save("b.pem", own.pem + own.pem)]
    said = offhook.run(
        *("certs", "order", *heap, *ca),
        *("--out", str(tmp_path / "chain.pem"), "--split", str(tmp_path / "apart")),
    )

    assert "There twice: 1 certificate." in said
    assert "It ends at Test Root, which clients have: not to be sent." in said
    assert (tmp_path / "chain.pem").read_bytes() == own.pem + middle.pem
    assert (tmp_path / "apart" / "certificate.pem").read_bytes() == own.pem
    assert (tmp_path / "apart" / "intermediates.pem").read_bytes() == middle.pem


def test_who_is_missing_is_named_and_fetching_says_why_not(offhook, save, middle, ca):
    own = leaf(middle, url="http://127.0.0.1:1/middle.cer")
    path = save("own.pem", own.pem)
    found = offhook.json("certs", "order", path, *ca, expect=1)

    assert found["missing"]["name"] == "CN=Middle"
    assert found["missing"]["urls"] == ["http://127.0.0.1:1/middle.cer"]
    assert "It can be had at http://127.0.0.1:1/middle.cer" in found["findings"][0]["action"]
    with pytest.raises(Exception, match="cannot be had") as caught:
        offhook.run("certs", "order", path, "--fetch", *ca)
    assert "browser" in caught.value.hint


def test_a_protected_file_is_opened_with_its_password(offhook, save, middle, ca):
    own = leaf(middle)
    lock = serialization.BestAvailableEncryption(b"open sesame")
    packed = pkcs12.serialize_key_and_certificates(
        None, own.key, own.certificate, [middle.certificate], lock
    )
    path = save("own.p12", packed)
    with pytest.raises(InvalidInput, match="protected by a password"):
        offhook.run("certs", "install", path, *ca)

    done = CliRunner().invoke(
        cli, ["certs", "install", path, "--password", *ca], input="open sesame\n"
    )

    assert done.exit_code == 0
    assert "Installed. Servers that speak TLS already present it" in done.output
    assert "open sesame" not in done.output


def test_a_file_and_a_server_are_inspected_alike(offhook, save, middle):
    own = leaf(middle)
    with serve(own, middle) as port:
        live = offhook.json("certs", "inspect", f"localhost:{port}")
    filed = offhook.json("certs", "inspect", save("own.pem", own.pem + middle.pem + own.key_pem))

    assert live["certificates"] == filed["certificates"]
    assert filed["findings"][0]["summary"].endswith("holds a private key (EC secp256r1): Server's.")
    stranger = save("other.pem", own.pem + leaf(middle).key_pem)
    assert "none of these certificates" in offhook.run("certs", "inspect", stranger)


@pytest.mark.parametrize(
    "target", ["absent.pem", "host:port", "host", "host:0", "host:65536", ":443"]
)
def test_what_is_no_file_and_no_server_is_told(offhook, target):
    with pytest.raises(InvalidInput, match="neither a file nor HOST:PORT"):
        offhook.run("certs", "inspect", target)


def test_what_cannot_be_written_leaves_nothing_behind(offhook, tmp_path):
    with pytest.raises(InvalidInput, match="cannot be written"):
        offhook.run("certs", "csr", "--out", str(tmp_path / "absent" / "own.csr"))
    with offhook.app.store.read() as tx:
        assert tx.key_pairs.all() == []


def test_before_there_is_a_certificate_the_way_to_one_is_told(offhook):
    with pytest.raises(InvalidInput, match="no certificate yet") as caught:
        offhook.run("certs", "inspect")
    assert "offhook certs csr" in caught.value.hint


def test_a_good_server_is_ok_and_a_bad_one_is_status_one(offhook, middle, ca):
    own = leaf(middle)
    with serve(own, middle) as port:
        said = offhook.run("certs", "check", "localhost", "--port", str(port), *ca)
    with serve(own) as port:
        found = offhook.json("certs", "check", "localhost", "--port", str(port), *ca, expect=1)

    assert "  0 (ok)" in said
    assert "0 (ok): phones accept Server, 89 days left." in said
    assert "Clients build: Server < Middle < Test Root  (trusted root: Test Root)" in said
    (one,) = found["ports"]
    assert one["verdict"] == "20 (unable to get local issuer certificate)"
    assert codes(one["findings"]) == ["certificate-missing-intermediate"]


def test_a_host_that_cannot_be_one_is_wrong_usage(offhook):
    assert "without scheme and port" in offhook.run("certs", "check", "https://x", expect=2)


def test_every_morning_the_worker_tells_of_what_ends(offhook, save, middle):
    own = leaf(middle, days=(-80, 10))
    files = {
        "certificate": save("own.pem", own.pem + middle.pem),
        "private_key": save("own.key", own.key_pem),
    }
    offhook.app.settings = evolve(offhook.app.settings, **files)

    Duties(offhook.app, Event()).watch()

    (event,) = offhook.json("events", "list")
    assert (event["code"], event["severity"]) == ("certificate-ends-14", "minor")
    assert event["subject"] == "Server"


def test_times_are_aware(offhook, save, middle):
    shown = offhook.json("certs", "inspect", save("own.pem", leaf(middle).pem))
    ends = datetime.fromisoformat(shown["certificates"][0]["not_after"])

    assert ends.tzinfo == UTC
