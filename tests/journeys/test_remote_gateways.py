"""A directory number with # cannot come over a remote gateway, whichever way it would (row U12)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from offhook.app import App
from offhook.model.sources import HASH_NUMBER
from offhook.model.users import Selection
from offhook.provisioning import connections, sources, users
from offhook.provisioning.syncreports import Line, Wanted
from offhook_simulators.mbg import Mbg
from tests.journeys.edges import connected_in_process, made_in_process
from tests.lab.pki import Pki

NAMED = [{"setSideUsername": "ruiza-1#001"}, {"setSideUsername": "smithj-1*002"}]
PEOPLE = """\
Login ID,First Name,Last Name,Email Address,Directory Number,Device Type,Role
ruiza,Ana,Ruiz,ana@example.test,1#001,UC Endpoint,UCC (V5.0) Premium
smithj,Joe,Smith,joe@example.test,1*002,UC Endpoint,UCC (V5.0) Premium
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """An installation whose users all telework."""
    with made_in_process(tmp_path / "home", monkeypatch) as made:
        yield made


def import_from(app: App, source: str) -> list[Line]:
    """Make users of all whom a source offers; returns what came of each."""
    sources.read(app.store, app.plugins, source, now=app.now())
    wanted = Wanted(sources=[source], adds="all", profile="default")
    return app.sync(wanted, deploy=False).report.lines


@pytest.mark.parametrize("remote", [True, False], ids=["remote", "local"])
def test_who_is_listed_by_a_remote_gateway_is_skipped(app: App, pki: Pki, remote: bool) -> None:
    with connected_in_process(app, Mbg(2, changes=dict(enumerate(NAMED))), pki):
        set_remote(app, remote)
        found = {line.user: (line.what, line.reason) for line in import_from(app, "edge")}

    added, skipped = ("added", ""), ("skipped", HASH_NUMBER)
    first = {"edge/ruiza-1#001": skipped} if remote else {"edge/1#001": added}
    assert found == first | {"edge/1*002": added}


@pytest.mark.parametrize("remote", [True, False], ids=["remote", "local"])
def test_who_comes_from_the_pbx_is_imported_and_has_a_problem_with_credentials(
    app: App, pki: Pki, tmp_path: Path, remote: bool
) -> None:
    file = tmp_path / "users.csv"
    file.write_text(PEOPLE)
    told = {"actor": "tests", "now": app.now()}
    connections.add(app.store, app.plugins, "hq", "mivb", {"file": str(file)}, **told)
    assert {line.what for line in import_from(app, "hq")} == {"added"}

    with connected_in_process(app, Mbg(2, changes=dict(enumerate(NAMED))), pki):
        set_remote(app, remote)
        report = app.fetch_credentials(Selection())

    assert report.failed == ({"hq/1#001": HASH_NUMBER} if remote else {})
    with app.store.read() as tx:
        assert users.find(tx, "1*002").gateway_username == "smithj-1*002"
        assert bool(users.find(tx, "1#001").gateway_password) is not remote


def set_remote(app: App, remote: bool) -> None:
    """Say that the gateway is neither the local one nor in its cluster, or that it is."""
    told = {"actor": "tests", "now": app.now()}
    options = {"remote": "yes" if remote else "no"}
    connections.change(app.store, app.plugins, "edge", options, **told)
