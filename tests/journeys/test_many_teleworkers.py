"""Ten thousand teleworkers get their credentials in batches, though one of these fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from offhook.app import App
from offhook.model.secrets import Secret
from offhook.model.users import Selection
from offhook.provisioning import csvfile
from offhook.provisioning.gateways import GatewayReport
from offhook_simulators.exports import FIRST_NUMBER
from offhook_simulators.mbg import Faults, Mbg
from offhook_simulators.mbg_data import name_at, password_at
from tests.journeys.edges import connected_in_process, made_in_process
from tests.lab.pki import Pki

USERS, BATCH, PAGES = 10_000, 2_000, 20
NUMBERS = [str(FIRST_NUMBER + index) for index in range(USERS)]


@frozen
class Site:
    """An installation in this process, and a gateway that has let it in."""

    app: App
    gateway: Mbg

    def fetch(self, *, only_missing: bool = False, faults: Faults | None = None) -> GatewayReport:
        """Fetch all credentials, with *faults* during the third batch."""
        self.gateway.calls.clear()

        def go_on(done: int) -> None:
            now = faults if faults and done == 2 * BATCH else Faults()
            self.gateway.faults = now

        return self.app.fetch_credentials(Selection(), only_missing=only_missing, on_progress=go_on)

    def delivered(self) -> dict[str, tuple[str, Secret | None]]:
        """Return by number what users register with."""
        with self.app.store.read() as tx:
            ids = tx.users.ids(Selection(), after="", limit=USERS)
            return {
                each.number: (each.gateway_username, each.gateway_password)
                for each in tx.users.get(ids)
                if each.gateway_password
            }


@pytest.fixture
def site(tmp_path: Path, pki: Pki, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site with ten thousand users, half of whom are known by their name at the gateway."""
    names = [name_at(n) if n % 2 else "" for n in range(USERS)]
    rows = [f"User {n},u{n}@example.test,{FIRST_NUMBER + n},{name}" for n, name in enumerate(names)]
    header = "Last name,E-mail,Directory number,MBG SIP user name"
    people = tmp_path / "people.csv"
    people.write_text("\n".join([header, *rows]))
    with made_in_process(tmp_path / "home", monkeypatch) as app:
        csvfile.import_csv(app.store, app.plugins, people, actor="tests", now=app.now())
        with connected_in_process(app, Mbg(USERS), pki) as gateway:
            yield Site(app, gateway)


@pytest.mark.parametrize(
    ("faults", "fewest", "most"),
    [
        (Faults(failing={"sip_users"}), BATCH, BATCH),
        (Faults(failing_page=PAGES // 2), BATCH // 2, BATCH - BATCH // 4),
    ],
    ids=["no page of a batch comes", "one page of a batch does not come"],
)
def test_one_failing_batch_leaves_the_others_and_a_second_run_asks_for_the_rest_only(
    site: Site, faults: Faults, fewest: int, most: int
) -> None:
    first = site.fetch(faults=faults)

    assert fewest <= len(first.failed) <= most
    assert len(first.changed) == USERS - len(first.failed)
    assert all("The database does not answer" in reason for reason in first.failed.values())
    assert site.delivered().keys() == set(NUMBERS) - first.failed.keys()

    second = site.fetch(only_missing=True)

    assert (len(second.changed), second.failed) == (len(first.failed), {})
    assert site.gateway.calls.total() == PAGES
    assert site.delivered() == {
        number: (name_at(index), Secret(password_at(index))) for index, number in enumerate(NUMBERS)
    }
