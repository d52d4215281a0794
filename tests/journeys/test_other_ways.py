"""Ways to a configuration besides the code in a mail: an MDM's file, and baresip's script."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import offhook_baresip
from tests.journeys.installation import Installation, make_installation
from tests.lab.baresip import Baresip
from tests.lab.kamailio import Kamailio
from tests.lab.linphone import Linphone
from tests.lab.pki import Pki

pytestmark = [pytest.mark.lab, pytest.mark.slow]  # a command is a process, and there are many

MANUAL = Path(offhook_baresip.__file__).parents[2] / "README.md"
PEOPLE = """Last name,E-mail,Directory number,PBX SIP user name,PBX SIP password
Lovelace,ada@example.org,7328,7328,Note-G-1843!
"""


@pytest.fixture
def installation(kamailio: Kamailio, pki: Pki, tmp_path: Path) -> Iterator[Installation]:
    """A site with one user, who can register."""
    kamailio.add_subscribers({"7328": "Note-G-1843!"})
    (tmp_path / "people.csv").write_text(PEOPLE)
    with make_installation(tmp_path, pki) as made:
        settings = ("pbx_host=localhost", f"sip_port={kamailio.tls_port}")
        made.run("profiles", "edit", "default", *settings)
        made.run("users", "import-csv", tmp_path / "people.csv")
        made.serve()
        yield made


def test_a_phone_that_an_mdm_points_back_at_every_start_is_one_device(
    installation: Installation,
    kamailio: Kamailio,
    make_linphone: Callable[[str], Linphone],
    tmp_path: Path,
) -> None:
    file = tmp_path / "mdm.json"
    installation.run("managed-config", "--all", "--out", file)
    (user,) = json.loads(file.read_text())
    address = user["configuration"]["configUri"]

    phone = make_linphone(address)
    for _ in range(4):
        for _ in range(2):  # at the address of the last configuration, then at the managed one
            with phone:
                phone.wait_for_registration()
                assert phone.http_answers()[-1] in (200, 304)
        assert phone.settings()["misc"]["config-uri"].startswith(f"{installation.url}/r/")
        phone.point_at(address)

    assert kamailio.log().count("registered tls user=7328") >= 8
    assert installation.json("qr", "7328")["downloads_left"] == 2
    assert len(installation.json("devices", "list", "7328")["devices"]) == 1


def test_baresip_follows_its_profile_through_the_script_of_the_manual(
    installation: Installation,
    make_baresip: Callable[[], Baresip],
    pki: Pki,
    tmp_path: Path,
) -> None:
    (text,) = re.findall(r"^```sh\n(.*?)^```$", MANUAL.read_text(), re.MULTILINE | re.DOTALL)
    script = tmp_path / "baresip-offhook"
    script.write_text(text)
    script.chmod(0o755)
    installation.run("profiles", "edit", "default", "client_format=baresip", "dscp_audio=46")
    (link,) = installation.json("deploy", "7328", "--local")["links"]
    phone = make_baresip()
    (phone.folder / "refresh").write_text(link["config_url"])

    marks = []
    for dscp in (46, 40, 40):
        installation.run("profiles", "edit", "default", f"dscp_audio={dscp}")
        running = phone.start(str(script), CURL_CA_BUNDLE=str(pki.root))
        running.wait_for_registrations(1)
        running.process.stop()
        marks += re.findall(r"^rtp_tos (\d+)$", (phone.folder / "config").read_text(), re.MULTILINE)

    assert marks == ["184", "160", "160"]
    assert installation.json("qr", "7328")["downloads_left"] == 2
    assert installation.states() == {"7328": "applied"}
