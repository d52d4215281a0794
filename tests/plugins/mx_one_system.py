"""A simulated MX-ONE for tests, over TLS, and a connection to it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import frozen

import offhook_mx_one
from offhook.api import Connection, Finding, Secret, Skipped, SourceUser, WantedCredentials
from offhook.doors import Plugins
from offhook.testing import sample_connection
from offhook_mx_one import Options
from offhook_simulators.authorities import DemoCertificate
from offhook_simulators.mx_one import Faults, MxOne
from offhook_simulators.mx_one_data import ADMINISTRATOR
from offhook_simulators.mx_one_data import PASSWORD as LOGIN_PASSWORD
from offhook_simulators.serving import LocalServer
from tests.lab.pki import Certificate, Pki

PASSWORD = "Pa$$w0rd é {realm}"


@frozen
class System:
    """A simulator that runs, and the options of a connection to it."""

    simulator: MxOne
    options: dict[str, Any]

    def connection(self, **others: Any) -> Connection[Options]:
        return sample_connection("mx_one", Options(**{**self.options, **others}))

    def users(self, **others: Any) -> list[SourceUser | Skipped]:
        return list(door().list_users(self.connection(**others)))

    def push(self, wanted: Sequence[WantedCredentials], **others: Any) -> dict[str, str]:
        return dict(door().set_credentials(self.connection(**others), wanted))

    def findings(self, **others: Any) -> list[Finding]:
        return list(door().diagnose(self.connection(**others)))


def door() -> Plugins:
    """Return the door to the plugin."""
    return Plugins({"mx_one": offhook_mx_one})


@contextmanager
def running(
    pki: Pki,
    users: int = 5,
    *,
    certificate: Certificate | None = None,
    around: Callable[[Any], Any] = lambda app: app,
    **given: Any,
) -> Iterator[System]:
    """Run a system, something *around* it; the keywords are those of `MxOne` and of `Faults`."""
    own = {name: given.pop(name) for name in ("clock",) if name in given}
    simulator = MxOne(users, faults=Faults(**given), **own)
    shown = certificate or pki.leaf
    with LocalServer(
        around(simulator.app), certificate=DemoCertificate(pki.root, shown.chain, shown.key)
    ) as server:
        options = {
            "host": "localhost",
            "port": server.port,
            "username": ADMINISTRATOR,
            "password": Secret(LOGIN_PASSWORD),
            "ca_file": str(pki.root),
            "page_size": 2,
        }
        yield System(simulator, options)


def wanted(*numbers: str, password: str = PASSWORD) -> list[WantedCredentials]:
    """Return what core asks for, the same password for all."""
    return [
        WantedCredentials(key=f"u{each}", number=each, username=each, password=Secret(password))
        for each in numbers
    ]
