"""Real phones are updated, forced, revoked, and lose their account with its password."""

import re
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from attrs import define

from tests.journeys.installation import Installation, make_installation
from tests.lab.kamailio import Kamailio, run_kamailio
from tests.lab.linphone import Linphone
from tests.lab.pki import Pki

pytestmark = [pytest.mark.lab]

OWN_TYPE = "application/vnd.offhook.config+json"
PASSWORD = "s3cret-of-everybody"


@define
class World:
    """An installation that serves, and the registrar of its users."""

    installation: Installation
    kamailio: Kamailio
    folder: Path

    def link(self, number: str) -> str:
        """Add a user with a profile of the same name; return the address in the user's code."""
        (self.folder / "password").write_text(PASSWORD)
        self.kamailio.add_subscribers({number: PASSWORD})
        run = self.installation.run
        settings = ("pbx_host=localhost", f"sip_port={self.kamailio.tls_port}")
        run("profiles", "create", number, "client_format=linphone", *settings)
        run(
            *("users", "add", f"profile={number}", "last_name=Ruiz", f"number={number}"),
            *(f"email={number}@example.test", f"pbx_username={number}"),
            f"pbx_password=@{self.folder / 'password'}",
        )
        found = self.installation.json("deploy", number, "--local")
        return str(found["links"][0]["config_url"])


@pytest.fixture(scope="module")
def world(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which every test uses a user and a profile of its own."""
    folder = tmp_path_factory.mktemp("updates")
    with run_kamailio(pki.leaf) as kamailio, make_installation(folder, pki) as installation:
        installation.serve()
        yield World(installation, kamailio, folder)


def start(phone: Linphone) -> None:
    """Start a phone, let it fetch and register, and stop it."""
    with phone:
        phone.wait_for_registration()


def change_by_hand(phone: Linphone, **values: str) -> None:
    """Change settings of a stopped phone as its user does."""
    path = phone.home / "linphonerc"
    text = path.read_text()
    for key, value in values.items():
        text, count = re.subn(rf"(?m)^{key}=.*$", f"{key}={value}", text)
        assert count == 1, key
    path.write_text(text)


def test_a_forced_update_resets_what_is_forced_and_leaves_the_users_own_choice(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    phone = make_linphone(world.link("7401"))
    start(phone)
    assert phone.settings()["video"]["automatically_initiate"] == "0"
    assert phone.settings()["rtp"]["nortp_timeout"] == "5"
    change_by_hand(phone, automatically_initiate="1", nortp_timeout="17")

    world.installation.run("force", "7401")
    start(phone)

    kept = phone.settings()
    assert kept["video"]["automatically_initiate"] == "1", "call_mode is a default"
    assert kept["rtp"]["nortp_timeout"] == "5", "rtp_timeout_detection is forced"


def test_a_revoked_phone_keeps_nothing_new_and_the_other_one_goes_on(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    address = world.link("7402")
    lost, kept = make_linphone(address), make_linphone(address)
    start(lost)
    [device] = world.installation.json("devices", "list", "7402")["devices"]
    start(kept)

    world.installation.run("devices", "revoke", device["id"])
    world.installation.run("profiles", "edit", "7402", "rtp_timeout_detection=off")
    start(kept)
    with lost:
        lost.wait_for_registration()
        assert lost.http_answers() == [404]

    assert lost.settings()["rtp"]["nortp_timeout"] == "5"
    assert kept.settings()["rtp"]["nortp_timeout"] == "86400"
    found = world.installation.json("explain", "7402")
    assert [each["reason"] for each in found["refusals"]] == ["device-revoked"]


def test_an_account_that_is_taken_away_is_gone_from_the_phone_with_its_password(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    phone = make_linphone(world.link("7403"))
    start(phone)
    digest = phone.settings()["auth_info_0"]["ha1"]

    world.installation.run("profiles", "edit", "7403", "use_softphone=off")
    with phone:
        assert phone.wait_for_provisioning()

    kept = (phone.home / "linphonerc").read_text()
    assert [text in kept for text in ("sip:7403@", digest, PASSWORD)] == [False] * 3
    assert phone.registration_states() == []

    world.installation.run("profiles", "edit", "7403", "use_softphone=on")
    start(phone)
    assert phone.settings()["auth_info_0"]["ha1"] == digest


def test_an_unchanged_configuration_is_not_sent_again_before_it_is_forced(world: World) -> None:
    address = world.link("7404")
    status, etag, body = fetch(world, address)
    device = re.search(r'"(https://[^"]+/r/[^"]+)"', body)
    assert status == 200
    assert device

    assert fetch(world, device[1], etag)[0] == 304
    world.installation.run("force", "--profile", "7404")
    status, newer, _ = fetch(world, device[1], etag)

    assert status == 200
    assert fetch(world, device[1], newer)[0] == 304


def fetch(world: World, address: str, etag: str = "") -> tuple[int, str, str]:
    """Ask as a client does; returns status, ETag and body."""
    headers = {"Accept": OWN_TYPE} | ({"If-None-Match": etag} if etag else {})
    context = ssl.create_default_context(cafile=world.installation.authority)
    try:
        with urlopen(Request(address, headers=headers), context=context, timeout=10) as answer:
            return answer.status, answer.headers["ETag"], answer.read().decode()
    except HTTPError as error:
        return error.code, "", ""
