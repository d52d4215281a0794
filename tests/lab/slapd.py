"""A private OpenLDAP: a directory with a PBX's people on loopback, TLS included."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from attrs import define

from offhook_simulators.directories import (
    CONTACTS,
    OUTSIDER,
    PASSWORD,
    READER,
    STAFF,
    SUBSCRIBERS,
    Tree,
    command,
    fill,
)
from tests.lab.pki import Certificate, Pki
from tests.lab.processes import LabError, Process, free_port, listens, private_folder
from tests.lab.programs import need


@define
class Slapd:
    """
    A running directory: `reader` may read everything, `outsider` may log in and see nothing.

    `port` speaks LDAP and StartTLS, `tls_port` LDAPS.
    """

    folder: Path
    config: Path
    port: int
    tls_port: int
    process: Process
    host: str = "localhost"
    reader: str = READER
    outsider: str = OUTSIDER
    password: str = PASSWORD
    subscribers: str = SUBSCRIBERS
    contacts: str = CONTACTS
    staff: str = STAFF

    def start(self) -> None:
        """Start it again, on the same ports with the same data."""
        self.process = _started(self.folder, self.config, self.port, self.tls_port)

    def stop(self) -> None:
        """Stop it in an orderly way."""
        self.process.stop()


StartSlapd = Callable[..., Slapd]


@pytest.fixture
def start_slapd(pki: Pki) -> Iterator[StartSlapd]:
    """Start directories of this test's own; the keywords are those of `run_slapd`."""
    with ExitStack() as stack:

        def start(**others: object) -> Slapd:
            return stack.enter_context(run_slapd(**{"certificate": pki.leaf} | others))  # type: ignore[arg-type]

        yield start


@contextmanager
def run_slapd(
    *,
    certificate: Certificate | None = None,
    subscribers: int = 8,
    contacts: int = 3,
    staff: int = 8,
    more: str = "",
    clock: str = "",
    size_limit: str = "unlimited",
) -> Iterator[Slapd]:
    """
    Run a directory with so many entries of each kind; for fixtures of a wider scope.

    *more* is LDIF of one's own, *clock* a time as an Active Directory's root tells it. Without a
    *certificate* there is no TLS at all.
    """
    need("slapd")
    tree = Tree(subscribers=subscribers, contacts=contacts, staff=staff, more=more, clock=clock)
    tls = (certificate.chain, certificate.key) if certificate else None
    with private_folder("slapd") as folder:
        config = fill(folder, tree, tls=tls, size_limit=size_limit)
        port, tls_port = free_port(), free_port() if tls else 0
        process = _started(folder, config, port, tls_port)
        server = Slapd(folder, config, port, tls_port, process)
        try:
            yield server
        finally:
            server.stop()


def _started(folder: Path, config: Path, port: int, tls_port: int) -> Process:
    process = Process(command(config, port, tls_port), log=folder / "log.txt")
    try:
        process.wait_until(lambda: listens(port), "slapd to listen")
    except LabError:
        process.stop()
        raise
    return process
