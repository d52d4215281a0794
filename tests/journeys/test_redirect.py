"""By way of a redirect service: links, mails and phones; while it is away; and without it."""

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from urllib.request import Request, urlopen

import pytest
from attrs import frozen

from tests.journeys.installation import Installation, make_installation
from tests.journeys.redirecting import RedirectService, make_service
from tests.lab.exim import Exim, run_exim
from tests.lab.kamailio import Kamailio, run_kamailio
from tests.lab.linphone import Linphone
from tests.lab.pki import Pki
from tests.lab.processes import wait_until
from tests.lab.zbar import read_qr_of

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("redirect")]

BY_LINK, BY_CODE, TYPED, LATER, LOCAL = NUMBERS = ["7401", "7402", "7403", "7404", "7405"]


@frozen
class World:
    """An installation whose mails and links go by way of a redirect service."""

    installation: Installation
    service: RedirectService
    exim: Exim
    kamailio: Kamailio
    pki: Pki

    def mail(self, number: str) -> EmailMessage:
        """Deploy a user, and return the mail."""
        before = self.exim.count()
        self.installation.run("deploy", number, "--wait")
        (mail,) = self.exim.messages(before + 1)[before:]
        assert mail["envelope-to"] == f"u{number}@example.test"
        return mail

    def open(self, address: str) -> str:
        """Return the page that a browser is shown."""
        request = Request(address, headers={"Accept": "text/html,*/*"})
        context = ssl.create_default_context(cafile=self.pki.root)
        with urlopen(request, context=context, timeout=10) as answer:
            return str(answer.read().decode())


@pytest.fixture(scope="module")
def world(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which every test uses a user of its own."""
    folder = tmp_path_factory.mktemp("redirect")
    with ExitStack() as stack:
        exim = stack.enter_context(run_exim(pki.leaf))
        kamailio = stack.enter_context(run_kamailio(pki.leaf))
        service = stack.enter_context(
            make_service(folder / "service", pki, exim, exim.username, exim.password)
        )
        installation = stack.enter_context(make_installation(folder, pki))
        kamailio.add_subscribers({number: f"pw-{number}" for number in NUMBERS})
        made = World(installation, service, exim, kamailio, pki)
        furnish(made)
        installation.serve()
        yield made


def furnish(world: World) -> None:
    """Connect, let the operator add the key, and make users and their profile."""
    run = world.installation.run
    world.service.let_in(world.installation, "sender=it@example.test")
    assert "north" in run("connections", "check", "away")
    run("profiles", "edit", "default", "pbx_host=localhost", f"sip_port={world.kamailio.tls_port}")
    run("profiles", "edit", "default", "client_format=linphone")
    for number in NUMBERS:
        run(
            *(
                "users",
                "add",
                f"number={number}",
                f"last_name=R{number}",
                f"email=u{number}@example.test",
            ),
            *(f"pbx_username={number}", f"pbx_password=pw-{number}"),
        )


def link_of(mail: EmailMessage) -> str:
    """Return the link in the text of a mail."""
    body = mail.get_body(("plain",))
    assert body
    found = re.search(r"https://\S+/d/\S+", body.get_content())
    assert found
    return found[0]


def target_of(page: str) -> str:
    """Return where the button of a page leads."""
    found = re.search(r'class="button" href="([^"]+)"', page)
    assert found
    return found[1]


def open_events(installation: Installation) -> list[str]:
    """Return the codes of the events that are not over."""
    return [each["code"] for each in installation.json("events", "list")]


def test_the_link_of_a_mail_leads_through_the_service_to_the_phone(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    link = link_of(world.mail(BY_LINK))
    assert link.startswith(f"{world.service.url}/")
    token = link.rpartition("/")[2]

    page = target_of(world.open(link))
    assert page == f"{world.installation.url}/d/{token}"
    app = target_of(world.open(page))
    assert app == f"linphone-config://localhost:{world.installation.port}/c/{token}"

    with make_linphone(app.replace("linphone-config:", "https:")) as phone:
        phone.wait_for_registration()
    kept = world.service.kept()
    assert token.encode() not in kept
    assert b"example.test" not in kept
    assert BY_LINK.encode() not in kept


def test_the_app_that_scans_the_code_is_configured_at_once(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    code = read_qr_of(world.mail(BY_CODE))
    assert code.startswith(f"{world.installation.url}/c/")

    with make_linphone(code) as phone:
        phone.wait_for_registration()


def test_an_app_that_is_given_the_route_by_hand_is_configured_when_it_starts_again(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    link = link_of(world.mail(TYPED))
    phone = make_linphone(link.replace("/d/", "/c/"))

    with phone:
        assert phone.wait_for_provisioning()
        assert phone.http_answers() == [200]
    with phone:
        phone.wait_for_registration()


def test_while_the_service_is_away_mails_wait_and_none_is_lost_or_sent_twice(
    world: World,
) -> None:
    installation, before = world.installation, world.exim.count()
    world.service.stop()
    campaign = installation.json("deploy", LATER)["id"]

    wait_until(
        lambda: open_events(installation) == ["transport-unreachable"],
        "the event",
        timeout=30,
    )
    shown = installation.json("campaigns", "show", campaign)
    assert shown["counts"] == {"queued": 1}
    assert world.exim.count() == before

    world.service.start()
    installation.run("campaigns", "resume", campaign)
    wait_until(
        lambda: installation.json("campaigns", "show", campaign)["counts"] == {"sent": 1},
        "the mail",
        timeout=30,
    )
    assert len(world.exim.messages(before + 1)) == before + 1
    assert open_events(installation) == []


def test_without_mails_the_service_is_not_asked(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    world.service.stop()
    try:
        world.installation.run("deploy", LOCAL, "--local")
    finally:
        world.service.start()

    code = world.installation.json("qr", LOCAL)["config_url"]
    assert code.startswith(f"{world.installation.url}/c/")
    with make_linphone(code) as phone:
        phone.wait_for_registration()


def test_the_service_looks_from_outside_at_what_phones_download_from(world: World) -> None:
    checks = world.installation.json("diagnose", "default")["checks"]

    results = {each["name"]: each["verdict"] for each in checks}
    assert (results["redirect"], results["download"]) == ("passed", "passed")
