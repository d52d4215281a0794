"""A private Exim: a mail server with STARTTLS and AUTH on loopback that delivers into a Maildir."""

import email
import email.policy
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from attrs import frozen

from tests.lab.pki import Certificate, Pki
from tests.lab.processes import LabError, Process, free_port, listens, private_folder, wait_until
from tests.lab.programs import missing, need

DOMAIN, USERNAME, PASSWORD = "example.test", "offhook", "mail-pw"
_TEMPLATE = Path(__file__).with_name("exim.conf")
_USER = "Debian-exim"


@frozen
class Exim:
    """
    A running mail server: STARTTLS and AUTH (PLAIN or LOGIN) required, no relaying.

    It takes mail for every address `@example.test`.  `envelope-to` and `return-path` headers tell
    what the envelope said.
    """

    folder: Path
    process: Process
    port: int
    host: str = "localhost"
    username: str = USERNAME
    password: str = PASSWORD
    domain: str = DOMAIN

    def messages(self, count: int, *, timeout: float = 20) -> list[EmailMessage]:
        """
        Wait for *count* mails and return all that are there, oldest first.

        Delivery runs on after the client has gone.  More mails than *count* are an error.
        """
        files = wait_until(
            lambda: files if len(files := self._files()) >= count else None,
            f"{count} mails",
            timeout=timeout,
            detail=self.log,
        )
        if len(files) > count:
            raise LabError(f"{len(files)} mails instead of {count}")
        return [_parse(file) for file in files]

    def count(self) -> int:
        """Return how many mails have arrived so far."""
        return len(self._files())

    def log(self) -> str:
        """Return its main log and its reject log."""
        logs = sorted((self.folder / "log").glob("*log"))
        return "\n".join(log.read_text(errors="replace") for log in logs)

    def _files(self) -> list[Path]:
        files = (self.folder / "box" / "new").glob("*")
        return sorted(files, key=lambda file: file.stat().st_mtime_ns)


@pytest.fixture
def exim(pki: Pki) -> Iterator[Exim]:
    """A mail server of this test's own, with `pki.leaf` as its certificate and an empty box."""
    with run_exim(pki.leaf) as server:
        yield server


@contextmanager
def run_exim(certificate: Certificate) -> Iterator[Exim]:
    """Run a mail server in a folder of its own; for fixtures of a wider scope."""
    program = need("exim4")
    if os.geteuid() != 0:
        missing("Exim changes its user and must be started as root")
    with private_folder("exim", owner=_USER) as folder:
        server = start_exim(program, folder, certificate)
        try:
            yield server
        finally:
            server.process.stop()


def start_exim(program: str, folder: Path, certificate: Certificate) -> Exim:
    """Start a mail server in an empty *folder* that belongs to Exim, and wait until it listens."""
    shutil.copy(certificate.chain, folder / "chain.pem")
    shutil.copy(certificate.key, folder / "key.pem")
    for name in ("spool", "log"):
        (folder / name).mkdir()
    for name in ("spool", "log", "key.pem"):
        shutil.chown(folder / name, _USER, _USER)
    port = free_port()
    config = folder / "exim.conf"
    config.write_text(_configuration(folder, port))
    config.chmod(0o644)
    process = Process([program, "-C", str(config), "-bdf"], log=folder / "log.txt")
    try:
        process.wait_until(lambda: listens(port), "Exim to listen")
    except LabError:
        process.stop()
        raise
    return Exim(folder, process, port)


def _configuration(folder: Path, port: int) -> str:
    values = {
        "FOLDER": folder,
        "PORT": port,
        "USER": _USER,
        "DOMAIN": DOMAIN,
        "LOGIN": USERNAME,
        "PASSWORD": PASSWORD,
    }
    text = _TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def _parse(file: Path) -> EmailMessage:
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
