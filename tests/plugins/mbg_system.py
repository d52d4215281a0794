"""A simulated border gateway for tests, over TLS, and a connection that it may have let in."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import requests
from attrs import evolve, frozen

import offhook_mbg
from offhook.api import (
    AskedCredentials,
    Authorization,
    Begin,
    Connection,
    Finding,
    Finish,
    FoundCredentials,
    Secret,
    Skipped,
    SourceUser,
    WantedCredentials,
)
from offhook.doors import Plugins
from offhook.testing import sample_connection
from offhook_mbg import Options
from offhook_simulators.authorities import DemoCertificate
from offhook_simulators.mbg import Faults, Mbg
from offhook_simulators.mbg_data import CONSUMER_ID, CONSUMER_SECRET, name_at
from offhook_simulators.serving import LocalServer
from tests.lab.pki import Certificate, Pki

PASSWORD = "Rk7#vN2m-Xq9&wL4"


@frozen
class System:
    """A simulator that runs, the options of a connection to it, and what let that in."""

    simulator: Mbg
    options: dict[str, Any]
    authorization: Authorization | None = None

    def connection(self, **others: Any) -> Connection[Options]:
        plain = sample_connection("mbg", Options(**{**self.options, **others}))
        return evolve(plain, authorization=self.authorization)

    def step(self, step: Any, **others: Any) -> Authorization:
        """Take a step as the connection is; return what came of it."""
        return door().authorize(self.connection(**others), step)

    @property
    def token(self) -> Authorization:
        """What let the connection in, or was asked for."""
        assert self.authorization
        return self.authorization

    def requested(self, callback: str = "") -> "System":
        """Return the system with a request that waits for its verifier."""
        return evolve(self, authorization=self.step(Begin(callback)))

    def let_in(self, **others: Any) -> "System":
        """Go through the whole authorisation, out of band; return the system with its token."""
        asked = self.step(Begin(), **others)
        waiting = evolve(self, authorization=asked)
        given = waiting.step(Finish(Secret(self.approve(asked))), **others)
        return evolve(self, authorization=given)

    def approve(self, asked: Authorization, decision: str = "approve") -> str:
        """Be its administrator; return the verifier that is shown."""
        answer = self.decide(asked, decision)
        return answer.text.partition('<code id="verifier">')[2].partition("</code>")[0]

    def decide(self, asked: Authorization, decision: str = "approve") -> requests.Response:
        page = asked.approve_at.partition("?")[0]
        with requests.Session() as session:
            session.trust_env = False
            session.verify = self.options["ca_file"]
            assert session.get(asked.approve_at).status_code == 200
            given = {"oauth_token": asked.token.reveal(), "decision": decision}
            return session.post(page, data=given, allow_redirects=False)

    def users(self, **others: Any) -> list[SourceUser | Skipped]:
        return list(door().list_users(self.connection(**others)))

    def fetch(
        self, asked: Sequence[AskedCredentials], **others: Any
    ) -> dict[str, FoundCredentials | str]:
        return dict(door().fetch_credentials(self.connection(**others), asked))

    def push(self, wanted: Sequence[WantedCredentials], **others: Any) -> dict[str, str]:
        return dict(door().set_credentials(self.connection(**others), wanted))

    def findings(self, **others: Any) -> list[Finding]:
        return list(door().diagnose(self.connection(**others)))


def door() -> Plugins:
    """Return the door to the plugin."""
    return Plugins({"mbg": offhook_mbg})


@contextmanager
def running(
    pki: Pki,
    users: int = 5,
    *,
    let_in: bool = True,
    certificate: Certificate | None = None,
    around: Callable[[Any], Any] = lambda app: app,
    facts: str = "",
    **given: Any,
) -> Iterator[System]:
    """Run a gateway, something *around* it; the keywords are those of `Mbg` and of `Faults`."""
    own = {name: given.pop(name) for name in ("clock", "timestamps", "changes") if name in given}
    simulator = Mbg(users, faults=Faults(**given), **own)
    shown = certificate or pki.leaf
    with LocalServer(
        around(simulator.app), certificate=DemoCertificate(pki.root, shown.chain, shown.key)
    ) as server:
        options = {
            "host": "localhost",
            "port": server.port,
            "consumer_id": CONSUMER_ID,
            "consumer_secret": Secret(CONSUMER_SECRET),
            "ca_file": str(pki.root),
            "page_size": 2,
            "facts": facts,
        }
        system = System(simulator, options)
        if let_in:
            system = system.let_in()
            simulator.calls.clear()
        yield system


def asked(*indices: int, by_number: bool = False) -> list[AskedCredentials]:
    """Return whose credentials core asks for, the users at *indices*."""
    return [
        AskedCredentials(
            key=f"u{index}",
            number=number_at(index),
            username="" if by_number else name_at(index),
        )
        for index in indices
    ]


def wanted(*indices: int, password: str = PASSWORD) -> list[WantedCredentials]:
    """Return what core asks for, the same password for all."""
    return [
        WantedCredentials(
            key=f"u{index}",
            number=number_at(index),
            username=name_at(index),
            password=Secret(password),
        )
        for index in indices
    ]


def number_at(index: int) -> str:
    """Return the directory number of the user at *index*."""
    return re.sub(".*-", "", name_at(index))
