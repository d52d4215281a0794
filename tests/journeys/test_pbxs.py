"""From each PBX to a phone's configuration: read, imported by role, mailed, fetched."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from offhook_simulators.authorities import DemoCertificate
from offhook_simulators.clients import fetch
from offhook_simulators.mx_one import MxOne
from offhook_simulators.mx_one_data import ADMINISTRATOR, PASSWORD
from offhook_simulators.serving import LocalServer
from tests.journeys.installation import Installation
from tests.lab.pki import Pki
from tests.lab.processes import wait_until
from tests.lab.slapd import Slapd, StartSlapd
from tests.lab.smtp_sink import Sink
from tests.lab.zbar import read_qr_of

pytestmark = pytest.mark.lab

MIVB = """\
Last Name;First Name;Login ID;Email Address;Role;Directory Number;Device Type;Mobile SIP Softphone
Smith;Joe;smithj;joe@example.test;UCC (V10.0) Premium;7328;UC Endpoint;Yes
Ruiz;Ana;ruiza;ana@example.test;UCC (V10.0) Entry;7329;UC Endpoint;Yes
Old;Otto;oldo;otto@example.test;UCC (V10.0) Premium;7330;5330e IP;Yes
"""
MVO400 = """\
User list;;;;
Number;Name;First name;E-mail;Terminal type
201;Müller;Jürg;juerg@example.test;MiCollab Client
202;Rossi;Mia;mia@example.test;Office 70
"""


@frozen
class Site:
    """An installation that serves and mails to a sink."""

    installation: Installation
    sink: Sink

    def connect(self, name: str, plugin: str, *options: str) -> None:
        """Add a connection with a profile of its PBX type, which every role gets."""
        self.installation.run("connections", "add", name, "--plugin", plugin, *options)
        self.installation.run(
            *("profiles", "create", name, f"pbx_type={plugin}", "client_format=offhook"),
            "use_teleworker=off",
        )

    def take(self, name: str, *numbers: str, expect: int = 0) -> None:
        """Import users into the profile of their connection, and deploy them."""
        whom = numbers or ["--all"]
        self.installation.run(
            *("users", "import", "--from", name, "--profile", name, *whom, "--deploy"),
            expect=expect,
        )

    def document(self, address: str) -> dict[str, object]:
        """Return the configuration that a phone fetches which scans the mail to *address*."""
        for mail in self.sink.messages(self.sink.count()):
            if mail["To"] == address:
                code = read_qr_of(mail)
                return fetch(code, self.installation.authority).document
        raise AssertionError(f"no mail to {address}: {self.sink.recipients()}")


@pytest.fixture
def site(installation: Installation, start_sink, pki: Pki) -> Iterator[Site]:
    """An installation with a mail connection, serving."""
    sink = start_sink()
    installation.run(
        *("connections", "add", "mail", "--plugin", "email_smtp", f"host={sink.host}"),
        *(f"port={sink.port}", f"ca_file={pki.root}", "sender=it@example.test"),
    )
    installation.serve()
    return Site(installation, sink)


def account(document) -> tuple[str, str, str]:
    """Return SIP name, password and host of the only account."""
    (found,) = document["accounts"]
    return found["username"], found["password"], found["host"]


def test_mx_one_from_its_manager_with_a_password_that_it_then_knows(site: Site, pki: Pki) -> None:
    certificate = DemoCertificate(pki.root, pki.leaf.chain, pki.leaf.key)
    system = MxOne(3)
    with LocalServer(system.app, certificate=certificate) as server:
        site.connect(
            *("mx", "mx_one", "host=localhost", f"port={server.port}", f"ca_file={pki.root}"),
            *(f"username={ADMINISTRATOR}", f"password={PASSWORD}", "sip_host=sip.example.test"),
            "hash_type=SHA256_MD5A1",
        )
        site.take("mx", "10000", "10001")
        site.sink.wait_for(2)

        name, password, host = account(site.document("user10001@example.test"))

        assert (name, host) == ("10001", "sip.example.test")
        assert system.admits("10001", password)
        assert not system.admits("10001", f"{password}x")
        assert "10002" not in system.codes
        again = site.installation.json("users", "sync", "--from", "mx")
        assert again["counts"] == {"unchanged": 2, "available": 1}


def test_mivoice_5000_from_its_directory_with_passwords_from_a_file(
    site: Site, start_slapd: StartSlapd, pki: Pki, tmp_path: Path
) -> None:
    directory: Slapd = start_slapd(subscribers=5, contacts=1)
    site.connect(
        *("mv", "mv5000", f"host={directory.host}", f"port={directory.tls_port}"),
        *(f"ca_file={pki.root}", f"bind_dn={directory.reader}"),
        *(f"password={directory.password}", "base_dn=dc=example,dc=test"),
        "sip_host=mv.example.test",
    )
    site.installation.run("users", "import", "--from", "mv", "--profile", "mv", "--all", expect=3)
    passwords = tmp_path / "passwords.csv"
    passwords.write_text("Number,SIP password\n100000,p & <q>\n100001,r\n")
    site.installation.run("users", "import-passwords", passwords, "--from", "mv")
    site.installation.run("deploy", "mv/100000", "mv/100001")
    site.sink.wait_for(2)

    document = site.document("s100000@example.test")

    assert account(document) == ("100000", "p & <q>", "mv.example.test")
    assert document["user"]["display_name"] == "Ana Ruiz"
    assert "mv/100003" not in site.installation.states()


def test_mivoice_business_from_its_export_by_role_with_the_gateway_s_name(
    site: Site, tmp_path: Path
) -> None:
    export = tmp_path / "users.csv"
    export.write_bytes(MIVB.encode("utf-8-sig"))
    site.connect("hq", "mivb", f"file={export}", "sip_host=mivb.example.test")
    site.installation.run("roles", "set", "hq", "UCC (Vx.0) Premium", "hq")
    said = site.installation.run("users", "import", "--from", "hq", "--all", expect=3)

    assert re.search(r"added\s+hq/7328", said)
    assert re.search(r"skipped\s+hq/7329 .*'UCC \(Vx.0\) Entry' gets no client", said)
    assert re.search(r"skipped\s+hq/7330", said)
    shown = site.installation.json("users", "show", "7328")
    assert shown["gateway_username"] == "smithj-7328"
    site.installation.run("users", "edit", "7328", "pbx_password=s3cret")
    site.installation.run("deploy", "7328")
    site.sink.wait_for(1)

    document = site.document("joe@example.test")

    assert account(document) == ("7328", "s3cret", "mivb.example.test")
    refused = site.installation.run("users", "edit", "7328", "last_name=Doe", expect=1)
    assert "read-only, it comes from hq" in refused


def test_office_400_from_its_workbook_or_csv(site: Site, tmp_path: Path) -> None:
    export = tmp_path / "Benutzer.csv"
    export.write_bytes(MVO400.encode("cp1252"))
    site.connect("small", "mvo400", f"files={export}")
    site.installation.run("profiles", "edit", "small", "pbx_host=office.example.test")
    site.installation.run(
        "users", "import", "--from", "small", "--profile", "small", "--all", expect=3
    )
    site.installation.run("users", "edit", "201", "pbx_password=s3cret")
    site.installation.run("deploy", "201")
    site.sink.wait_for(1)

    document = site.document("juerg@example.test")

    assert account(document) == ("201", "s3cret", "office.example.test")
    assert document["user"]["display_name"] == "Jürg Müller"


def test_an_automatic_schedule_adds_deploys_and_follows_the_source(
    site: Site, tmp_path: Path
) -> None:
    export = tmp_path / "users.csv"
    export.write_text(MIVB)
    site.connect("hq", "mivb", f"file={export}", "sip_host=mivb.example.test")
    site.installation.run("roles", "set", "hq", "UCC (Vx.0) Premium", "hq")
    site.installation.run("connections", "schedule", "hq", "--every", "15min", "--automatic")

    wait_until(lambda: site.installation.states(), "the first scheduled sync", timeout=90)

    assert set(site.installation.states()) == {"7328"}
    export.write_text(MIVB.replace("Smith;Joe;smithj", "Smith;Joe;smithjo"))
    said = site.installation.run("users", "sync", "--from", "hq", expect=3)
    assert "gone" in said
