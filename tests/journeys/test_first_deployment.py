"""The main job: people in a file, mails through Exim, codes read by zbar, phones that register."""

import csv
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from attrs import frozen

from tests.journeys.installation import Installation, make_installation
from tests.lab.exim import run_exim
from tests.lab.kamailio import Kamailio, run_kamailio
from tests.lab.linphone import Linphone
from tests.lab.pki import Pki
from tests.lab.zbar import read_qr_of

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("world")]  # its world is made once

NAMES = [
    ("Ana", "Ruiz"),
    ("Björn", "Åkesson"),
    ("Siobhán", "O'Neill"),
    ("Юлия", "Сергеева"),
    ("Ἀριστοτέλης", "Ωμέγα"),
    ("Zoë 🎧", "Müller-Lüdenscheidt"),
    ("木村", "拓哉"),
    ("עדה", "לאבלייס"),
    ("Jean-Luc", "d'Hérouville"),
    ("", "Ng"),
    ("Maximiliana Konstantina", "Wolfeschlegelsteinhausenberger-Dorff"),
    ("Anne; Marie", "Le, Blanc"),
    ('"Bobby"', "Tables"),
    ("<b>Bold</b>", "& Sons"),
    ("{{ 7 * 7 }}", "{% raw %}"),
    ("[#####dn#####]", "Placeholder"),
    ("=SUM(1+1)", "@Formula"),
    ("Émile   ", "  Zola"),
    ("İpek", "Şahin"),
    ("Đorđe", "Đoković"),
    ("Łukasz", "Żółć"),
    ("%s%n", "\\backslash\\"),
    ("Renée", "Faßbender"),
    ("x" * 60, "y" * 60),
    ("Ada", "Lovelace"),
]
PASSWORDS = [
    *["&amp;<pass>", "semi;colon", "#hash=sign", "100%\\back", 'it\'s "quoted"', "a b  c"],
    *["пароль", "=1+1", "'quote", "<![CDATA[x]]>", "]]>", "--", "@home", "+49", ",,,;;;"],
    *["ÄÖÜß", "🔑 key", "\\n\\t", "$HOME `id`", "%20%00", "?x=1&y=2", "{{x}}", "~!@#$%^&*()"],
    *["x" * 120, "plain"],
]
NUMBERS = [str(number) for number in range(7304, 7304 + len(NAMES))]


@frozen
class World:
    """An installation that serves and has deployed everyone, its registrar and its mails."""

    installation: Installation
    kamailio: Kamailio
    mails: dict[str, EmailMessage]

    def address_of(self, number: str) -> str:
        """Return the address in the code of a user's mail."""
        return read_qr_of(self.mails[number])


@pytest.fixture(scope="module")
def world(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which every test uses a user of its own."""
    with make_world(pki, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture
def fresh_world(pki: Pki, tmp_path: Path) -> Iterator[World]:
    """A world for a test that needs all users."""
    with make_world(pki, tmp_path) as made:
        yield made


@contextmanager
def make_world(pki: Pki, folder: Path) -> Iterator[World]:
    """Import, connect, serve and deploy."""
    with ExitStack() as stack:
        exim = stack.enter_context(run_exim(pki.leaf))
        kamailio = stack.enter_context(run_kamailio(pki.leaf))
        installation = stack.enter_context(make_installation(folder, pki))
        kamailio.add_subscribers(dict(zip(NUMBERS, PASSWORDS, strict=True)))
        (folder / "mail-password").write_text(exim.password)
        installation.run(
            *("connections", "add", "mail", "--plugin", "email_smtp", f"host={exim.host}"),
            *(f"port={exim.port}", f"username={exim.username}", f"ca_file={pki.root}"),
            *(f"password=@{folder / 'mail-password'}", "sender=it@example.test"),
        )
        settings = ("pbx_host=localhost", f"sip_port={kamailio.tls_port}")
        installation.run("profiles", "edit", "default", *settings)
        installation.run(
            "profiles", "create", "once", "client_format=linphone", *settings, "fetch=once"
        )
        installation.run("users", "import-csv", write_people(folder / "people.csv"))
        installation.serve()
        installation.run("deploy", "--all", "--wait")
        arrived = exim.messages(len(NAMES))
        mails = {mail["envelope-to"].split("@")[0][1:]: mail for mail in arrived}
        assert sorted(mails) == NUMBERS
        yield World(installation, kamailio, mails)


def write_people(path: Path) -> Path:
    """Write a file of 25 users with awkward names and passwords."""
    header = [
        *("First name", "Last name", "Directory number", "E-mail"),
        *("PBX SIP user name", "PBX SIP password"),
    ]
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(header)
        for (first, last), number, password in zip(NAMES, NUMBERS, PASSWORDS, strict=True):
            writer.writerow([first, last, number, f"u{number}@example.test", number, password])
    return path


@pytest.mark.slow  # 25 real phones, two starts each
def test_people_in_a_file_become_registered_phones(
    fresh_world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    states = fresh_world.installation.states
    assert set(states().values()) == {"sent"}
    addresses = [fresh_world.address_of(number) for number in NUMBERS]
    assert all(each.startswith(f"{fresh_world.installation.url}/c/") for each in addresses)
    phones = [make_linphone(address) for address in addresses]

    for group in in_fives(phones):
        for phone in group:
            phone.start()
        for phone in group:
            phone.wait_for_registration()

    registered = fresh_world.kamailio.wait_for_registrations(len(NUMBERS))
    assert sorted(registered) == NUMBERS
    assert {each.transport for each in registered.values()} == {"tls"}
    assert set(states().values()) == {"downloaded"}

    for phone in phones:
        phone.stop()
    for group in in_fives(phones):
        for phone in group:
            phone.start()
        for phone in group:
            phone.wait_for_registration()
            phone.stop()

    assert set(states().values()) == {"applied"}


def in_fives(phones: list[Linphone]) -> Iterator[list[Linphone]]:
    """Yield groups of five: more at once only wait for one another."""
    for start in range(0, len(phones), 5):
        yield phones[start : start + 5]


def test_the_mail_names_the_user_and_never_a_secret(world: World) -> None:
    for (first, last), number, password in zip(NAMES, NUMBERS, PASSWORDS, strict=True):
        mail = world.mails[number]
        subject = " ".join(mail["subject"].split())
        assert number in subject
        assert " ".join(last.split()) in subject
        body = mail.get_body(("plain",))
        assert body
        text = body.get_content()
        assert " ".join(first.split()) in " ".join(text.split())
        assert len(password) < 5 or password not in text


def test_five_starts_count_one_download_and_four_refreshes(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    phone = make_linphone(world.address_of("7310"))

    for _ in range(5):
        with phone:
            phone.wait_for_registration()

    found = world.installation.json("explain", "7310")
    assert found["deployment"]["downloads_left"] == 2
    assert found["state"] == "applied"
    assert len(found["devices"]) == 1


def test_fetch_once_makes_one_request_in_five_starts(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    world.installation.run("users", "assign", "once", "7311")
    phone = make_linphone(world.address_of("7311"))

    answers = []
    for _ in range(5):
        with phone:
            phone.wait_for_registration()
            answers += phone.http_answers()

    assert answers == [200]
    found = world.installation.json("explain", "7311")
    assert found["deployment"]["downloads_left"] == 2
    assert found["state"] == "downloaded"


def test_a_fourth_client_is_refused_and_the_others_keep_what_they_have(
    world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    address = world.address_of("7312")
    for _ in range(3):
        with make_linphone(address) as phone:
            phone.wait_for_registration()

    with make_linphone(address) as fourth:
        assert not fourth.wait_for_provisioning()
        assert fourth.http_answers() == [404]

    with phone:
        phone.wait_for_registration()
    found = world.installation.json("explain", "7312")
    assert [each["reason"] for each in found["refusals"]] == ["spent"]
    assert "spent" in {each["code"] for each in found["findings"]}


ENDS = {"7313": "expired", "7314": "locked", "7315": "revoked", "7316": "unknown"}


@pytest.mark.parametrize(("number", "end"), ENDS.items(), ids=ENDS.values())
def test_a_phone_whose_link_ended_keeps_its_account_and_explain_says_why(
    number: str, end: str, world: World, make_linphone: Callable[[str], Linphone]
) -> None:
    address = world.address_of(number)
    with make_linphone(address) as phone:
        phone.wait_for_registration()
    end_link(world.installation, number, end, address.rpartition("/")[2])
    url = world.installation.url
    refused = f"{url}/c/AAAAA-AAAAA-AAAAA-AAAAA" if end == "unknown" else address
    point_to(phone, refused)

    with phone:
        phone.wait_for_registration()
        assert phone.http_answers() == [404]

    found = world.installation.json("explain", refused)
    assert end in {each["code"] for each in found["findings"]}


def end_link(installation: Installation, number: str, end: str, token: str) -> None:
    """Bring the link of a user to its end."""
    if end == "revoked":
        installation.run("deploy", number, "--local")
    elif end == "locked":
        installation.run("users", "edit", number, "pin=4711")
        for _ in range(10):
            installation.post(f"/d/{token}/pin", {"pin": "0000"})
    elif end == "expired":
        found = installation.json("explain", number)["deployment"]["id"]
        with closing(sqlite3.connect(installation.home / "offhook.sqlite")) as database, database:
            database.execute(
                "UPDATE offhook_deployment SET expires_at = '2020-01-01 00:00:00.000' WHERE id = ?",
                (found,),
            )


def point_to(phone: Linphone, address: str) -> None:
    """Let a stopped phone fetch from *address* at its next start."""
    path = phone.home / "linphonerc"
    text, count = re.subn(r"(?m)^config-uri=.*$", f"config-uri={address}", path.read_text())
    assert count == 1
    path.write_text(text)
