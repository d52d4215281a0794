"""A private Kamailio: SIP registrar and proxy on loopback, its users added while it runs."""

import hashlib
import re
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from attrs import frozen

from tests.lab.pki import Certificate, Pki
from tests.lab.processes import LabError, Process, free_port, private_folder
from tests.lab.programs import need

REALM = "localhost"
_TEMPLATE = Path(__file__).with_name("kamailio.cfg")
_TABLE = "create table subscriber (username text primary key, domain text, ha1 text)"
_TLS = """[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
certificate = {chain}
private_key = {key}

[client:default]
verify_certificate = no
require_certificate = no
"""


@frozen
class Registration:
    """Who is registered: the user, the contact as a SIP address, the client's User-Agent."""

    user: str
    contact: str
    client: str
    transport: str


@frozen
class Kamailio:
    """
    A running registrar for `sip:USER@localhost`.

    Clients need a name, not an address, where they check the certificate: use `proxy`.
    """

    folder: Path
    process: Process
    udp_port: int
    tcp_port: int
    tls_port: int

    @property
    def proxy(self) -> str:
        """The SIP address of the registrar over TLS."""
        return f"sip:localhost:{self.tls_port};transport=tls"

    def add_subscribers(self, passwords: Mapping[str, str]) -> None:
        """Let these users register: user name to password, of any characters."""
        rows = [(name, REALM, ha1(name, password)) for name, password in passwords.items()]
        with closing(_database(self.folder)) as database, database:
            database.executemany("insert or replace into subscriber values (?, ?, ?)", rows)

    def remove_subscriber(self, username: str) -> None:
        """Refuse this user's next registration."""
        with closing(_database(self.folder)) as database, database:
            database.execute("delete from subscriber where username = ?", [username])

    def registrations(self) -> dict[str, Registration]:
        """Return who is registered right now, by user name (the latest contact of each)."""
        return _parse_dump(_ask(self.folder, "ul.dump"))

    def wait_for_registrations(self, count: int, *, timeout: float = 15) -> dict[str, Registration]:
        """Return the registrations once there are at least *count*."""

        def enough() -> dict[str, Registration] | None:
            found = self.registrations()
            return found if len(found) >= count else None

        return self.process.wait_until(enough, f"{count} registrations", timeout=timeout)

    def add_contact(self, user: str, contact: str) -> None:
        """Let calls to *user* go to *contact*, as if that had registered."""
        _ask(
            self.folder,
            "ul.add",
            "location",
            f"s:{user}",
            contact,
            "3600",
            "1.0",
            ".",
            "0",
            "0",
            "0",
        )

    def forget_registrations(self) -> None:
        """Forget who is registered, as a restart would."""
        for user in self.registrations():
            _ask(self.folder, "ul.rm", "location", f"s:{user}")

    def log(self) -> str:
        """Return what it logged: one line per accepted or refused registration."""
        return self.process.log.read_text(errors="replace")


@pytest.fixture
def kamailio(pki: Pki) -> Iterator[Kamailio]:
    """A registrar of this test's own, with `pki.leaf` as its certificate and no subscribers."""
    with run_kamailio(pki.leaf) as registrar:
        yield registrar


@contextmanager
def run_kamailio(certificate: Certificate) -> Iterator[Kamailio]:
    """Run a registrar in a folder of its own; for fixtures of a wider scope."""
    with private_folder("kamailio") as folder:
        registrar = start_kamailio(folder, certificate)
        try:
            yield registrar
        finally:
            registrar.process.stop()


def start_kamailio(folder: Path, certificate: Certificate) -> Kamailio:
    """Start a registrar in an empty *folder* and wait until it answers."""
    program, _ = need("kamailio"), need("kamcmd")
    ports = {name: free_port() for name in ("udp_port", "tcp_port", "tls_port")}
    config = _TEMPLATE.read_text().replace("@FOLDER@", str(folder))
    for name, port in ports.items():
        config = config.replace(f"@{name.upper()}@", str(port))
    (folder / "kamailio.cfg").write_text(config)
    (folder / "tls.cfg").write_text(_TLS.format(chain=certificate.chain, key=certificate.key))
    with closing(_database(folder)) as database, database:
        database.execute("pragma journal_mode = wal")
        database.execute(_TABLE)
    command = [program, "-f", str(folder / "kamailio.cfg"), "-DD", "-E", "-m", "64", "-M", "8"]
    process = Process([*command, "-Y", str(folder)], log=folder / "log.txt", cwd=folder)
    try:
        process.wait_until(lambda: _answers(folder), "Kamailio to answer")
    except LabError:
        process.stop()
        raise
    return Kamailio(folder, process, **ports)


def ha1(username: str, password: str) -> str:
    """Return what a registrar keeps instead of the password."""
    return hashlib.md5(f"{username}:{REALM}:{password}".encode()).hexdigest()


def _database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "subscribers.sqlite")


def _answers(folder: Path) -> bool:
    return (folder / "ctl").exists() and _kamcmd(folder, "core.uptime").returncode == 0


def _ask(folder: Path, *command: str) -> str:
    answer = _kamcmd(folder, *command)
    if answer.returncode or answer.stdout.startswith("error:"):
        raise LabError(f"kamcmd {command[0]}: {answer.stdout or answer.stderr}")
    return answer.stdout


def _kamcmd(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [need("kamcmd"), "-s", f"unix:{folder}/ctl", *command],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )


def _parse_dump(dump: str) -> dict[str, Registration]:
    found = {}
    for record in re.split(r"^\s*AoR: ", dump, flags=re.MULTILINE)[1:]:
        values = dict(re.findall(r"^\s*([\w-]+): (.*)$", record, flags=re.MULTILINE))
        user, contact = record.splitlines()[0].strip(), values["Address"]
        transport = values.get("Socket", "").partition(":")[0]
        found[user] = Registration(user, contact, values.get("User-Agent", ""), transport)
    return found
