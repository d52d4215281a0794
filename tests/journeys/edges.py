"""A border gateway for journeys: it runs, is connected, and lets the installation in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from offhook.app import App
from offhook.model.secrets import Secret
from offhook.provisioning import authorizations, connections, profiles
from offhook_simulators.authorities import DemoCertificate
from offhook_simulators.mbg import Mbg
from offhook_simulators.mbg_data import CONSUMER_ID, CONSUMER_SECRET
from offhook_simulators.serving import LocalServer
from tests.journeys.installation import Installation
from tests.lab.pki import Pki


@contextmanager
def connected(installation: Installation, gateway: Mbg, pki: Pki) -> Iterator[Mbg]:
    """Run *gateway* over TLS, and add the connection ``edge`` to it as the local one."""
    certificate = DemoCertificate(pki.root, pki.leaf.chain, pki.leaf.key)
    with LocalServer(gateway.app, certificate=certificate) as server:
        installation.run(
            *("connections", "add", "edge", "--plugin", "mbg", "--local", "host=localhost"),
            *(f"port={server.port}", f"ca_file={pki.root}", f"consumer_id={CONSUMER_ID}"),
            f"consumer_secret={CONSUMER_SECRET}",
        )
        yield gateway


@contextmanager
def connected_in_process(app: App, gateway: Mbg, pki: Pki, **options: str) -> Iterator[Mbg]:
    """Do the same with an application of this process, which *gateway* lets in."""
    told = {"actor": "tests", "now": app.now()}
    certificate = DemoCertificate(pki.root, pki.leaf.chain, pki.leaf.key)
    with LocalServer(gateway.app, certificate=certificate) as server:
        options |= {"host": "localhost", "port": str(server.port), "ca_file": str(pki.root)}
        options |= {"consumer_id": CONSUMER_ID, "consumer_secret": CONSUMER_SECRET}
        connections.add(app.store, app.plugins, "edge", "mbg", options, **told)
        asked = authorizations.begin(app.store, app.plugins, "edge", **told)
        verifier = Secret(approve(asked.approve_at, pki.root))
        authorizations.finish(app.store, app.plugins, "edge", verifier, **told)
        yield gateway


@contextmanager
def made_in_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """Make an installation for this process, whose users all telework."""
    monkeypatch.setenv("OFFHOOK_HOME", str(home))
    App.initialize({})
    app = App.load()
    outside = {"use_teleworker": "on", "gateway_host": "mbg.example.test"}
    profiles.edit(app.store, app.plugins, "default", outside, actor="tests", now=app.now())
    try:
        yield app
    finally:
        app.store.close()


def let_in(installation: Installation) -> str:
    """Go through the authorisation of ``edge``; returns what was said at last."""
    verifier = approve(ask(installation), installation.authority)
    return installation.run("connections", "authorize", "edge", "--verifier", verifier)


def ask(installation: Installation, *how: str, expect: int = 0) -> str:
    """Ask to be let in; returns where that is approved."""
    said = installation.run("connections", "authorize", "edge", *how, expect=expect)
    found = re.search(r"approval at (\S+)", said)
    assert found, said
    return found[1]


def approve(address: str, authority: Path) -> str:
    """Be the gateway's administrator, who clicks; returns the verifier on the page."""
    page = click(address, authority)
    found = re.search(r'<code id="verifier">([^<]+)</code>', page.text)
    assert found, page.text
    return found[1]


def click(address: str, authority: Path) -> requests.Response:
    """Approve; returns the page to which that leads."""
    token = parse_qs(urlsplit(address).query)["oauth_token"][0]
    with requests.Session() as session:
        session.trust_env = False
        return session.post(
            address.partition("?")[0],
            data={"oauth_token": token, "decision": "approve"},
            verify=str(authority),
            timeout=10,
        )
