"""A real phone sends its log to the server that deployed it, and an administrator reads it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.installation import make_installation
from tests.journeys.test_updates import PASSWORD, World, start
from tests.lab.kamailio import ha1, run_kamailio
from tests.lab.linphone import Linphone
from tests.lab.pki import Pki

pytestmark = [pytest.mark.lab]


@pytest.fixture(scope="module")
def world(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation that serves, and its registrar."""
    folder = tmp_path_factory.mktemp("logs")
    with run_kamailio(pki.leaf) as kamailio, make_installation(folder, pki) as installation:
        installation.serve()
        yield World(installation, kamailio, folder)


def test_a_real_phone_sends_its_log_and_no_secret_is_in_it(
    world: World, make_linphone: Callable[[str], Linphone], tmp_path: Path
) -> None:
    address = world.link("7501")
    run, read = world.installation.run, world.installation.json
    run("profiles", "edit", "7501", "log_upload=on", "log_level=debug")
    phone = make_linphone(address)
    start(phone)

    sent = phone.send_log()

    [log] = read("devices", "logs", "7501")["logs"]
    out = tmp_path / "log.txt"
    run("devices", "log", log["id"], "--out", str(out))
    text = out.read_text()
    assert sent == "delivered"
    assert "REGISTER sip:localhost" in text
    assert "5.1.65" in log["agent"]
    rc = (phone.home / "linphonerc").read_text()
    token = rc.partition("/r/")[2].partition("\n")[0]
    for secret in (PASSWORD, ha1("7501", PASSWORD), token, "7501:localhost:"):
        assert secret not in text
    assert text.count("****") > 3
    assert out.stat().st_mode & 0o077 == 0


def test_where_the_profile_takes_no_logs_the_phone_has_no_address_for_them(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    phone = make_linphone(world.link("7502"))
    start(phone)

    assert "log_collection_upload_server_url" not in phone.settings()["misc"]
    assert world.installation.json("devices", "logs", "7502")["logs"] == []
