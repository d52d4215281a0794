"""The main job: people in a file, mails through Exim, codes read by zbar, phones that register."""

import csv
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.journeys.installation import Installation
from tests.lab.exim import Exim
from tests.lab.kamailio import Kamailio
from tests.lab.linphone import Linphone
from tests.lab.pki import Pki
from tests.lab.zbar import read_qr_of

pytestmark = [pytest.mark.lab]

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


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A file of 25 users with awkward names and passwords."""
    path = tmp_path / "people.csv"
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


@pytest.fixture
def deployed(installation: Installation, exim: Exim, kamailio: Kamailio, pki: Pki, people: Path):
    """Import, connect, serve and deploy; returns the mails by directory number."""
    kamailio.add_subscribers(dict(zip(NUMBERS, PASSWORDS, strict=True)))
    (installation.home.parent / "mail-password").write_text(exim.password)
    installation.run(
        *("connections", "add", "mail", "--plugin", "email_smtp", f"host={exim.host}"),
        *(f"port={exim.port}", f"username={exim.username}", f"ca_file={pki.root}"),
        *(f"password=@{installation.home.parent / 'mail-password'}", "sender=it@example.test"),
    )
    installation.run(
        *("profiles", "edit", "default", "pbx_host=localhost", f"sip_port={kamailio.tls_port}"),
        "client_format=linphone",
    )
    installation.run("users", "import-csv", people)
    installation.serve()
    installation.run("deploy", "--all", "--wait")
    mails = {mail["envelope-to"].split("@")[0][1:]: mail for mail in exim.messages(len(NAMES))}
    assert sorted(mails) == NUMBERS
    return mails


@pytest.mark.slow  # 25 real phones, two starts each
def test_people_in_a_file_become_registered_phones(
    installation: Installation,
    deployed: dict[str, EmailMessage],
    kamailio: Kamailio,
    make_linphone: Callable[[str], Linphone],
    states: Callable[[], dict[str, str]],
) -> None:
    assert set(states().values()) == {"sent"}
    addresses = {number: read_qr_of(mail) for number, mail in deployed.items()}
    assert all(each.startswith(f"{installation.url}/c/") for each in addresses.values())
    phones = [make_linphone(addresses[number]) for number in NUMBERS]

    for group in (phones[start : start + 5] for start in range(0, len(phones), 5)):
        for phone in group:
            phone.start()
        for phone in group:
            phone.wait_for_registration()

    kamailio.wait_for_registrations(len(NUMBERS))
    registered = kamailio.registrations()
    assert sorted(registered) == NUMBERS
    assert {each.transport for each in registered.values()} == {"tls"}
    assert set(states().values()) == {"downloaded"}

    for phone in phones:
        phone.stop()
    for group in (phones[start : start + 5] for start in range(0, len(phones), 5)):
        for phone in group:
            phone.start()
        for phone in group:
            phone.wait_for_registration()
            phone.stop()

    assert set(states().values()) == {"applied"}


def test_the_mail_names_the_user_and_never_a_secret(
    deployed: dict[str, EmailMessage],
) -> None:
    for (first, last), number, password in zip(NAMES, NUMBERS, PASSWORDS, strict=True):
        mail = deployed[number]
        subject = " ".join(mail["subject"].split())
        assert number in subject
        assert " ".join(last.split()) in subject
        body = mail.get_body(("plain",))
        assert body
        text = body.get_content()
        assert " ".join(first.split()) in " ".join(text.split())
        assert len(password) < 5 or password not in text


def test_five_starts_count_one_download_and_four_refreshes(
    installation: Installation,
    deployed: dict[str, EmailMessage],
    make_linphone: Callable[[str], Linphone],
) -> None:
    phone = make_linphone(read_qr_of(deployed["7328"]))

    for _ in range(5):
        with phone:
            phone.wait_for_registration()

    found = installation.json("explain", "7328")
    assert found["deployment"]["downloads_left"] == 2
    assert found["state"] == "applied"
    assert len(found["devices"]) == 1


def test_fetch_once_makes_one_request_in_five_starts(
    installation: Installation,
    deployed: dict[str, EmailMessage],
    make_linphone: Callable[[str], Linphone],
) -> None:
    installation.run("profiles", "edit", "default", "fetch=once")
    phone = make_linphone(read_qr_of(deployed["7328"]))

    answers = []
    for _ in range(5):
        with phone:
            phone.wait_for_registration()
            answers += phone.http_answers()

    assert answers == [200]
    found = installation.json("explain", "7328")
    assert found["deployment"]["downloads_left"] == 2
    assert found["state"] == "downloaded"


def test_a_fourth_client_is_refused_and_the_others_keep_what_they_have(
    installation: Installation,
    deployed: dict[str, EmailMessage],
    make_linphone: Callable[[str], Linphone],
) -> None:
    address = read_qr_of(deployed["7328"])
    for _ in range(3):
        with make_linphone(address) as phone:
            phone.wait_for_registration()

    with make_linphone(address) as fourth:
        assert not fourth.wait_for_provisioning()
        assert fourth.http_answers() == [404]

    with phone:
        phone.wait_for_registration()
    found = installation.json("explain", "7328")
    assert [each["reason"] for each in found["refusals"]] == ["spent"]
    assert "spent" in {each["code"] for each in found["findings"]}


@pytest.mark.parametrize("end", ["expired", "locked", "revoked", "unknown"])
def test_a_phone_whose_link_ended_keeps_its_account_and_explain_says_why(
    end: str,
    installation: Installation,
    deployed: dict[str, EmailMessage],
    make_linphone: Callable[[str], Linphone],
) -> None:
    address = read_qr_of(deployed["7328"])
    with make_linphone(address) as phone:
        phone.wait_for_registration()
    end_link(installation, end, address.rpartition("/")[2])
    refused = f"{installation.url}/c/AAAAA-AAAAA-AAAAA-AAAAA" if end == "unknown" else address
    point_to(phone, refused)

    with phone:
        phone.wait_for_registration()
        assert phone.http_answers() == [404]

    found = installation.json("explain", refused)
    assert end in {each["code"] for each in found["findings"]}


def end_link(installation: Installation, end: str, token: str) -> None:
    """Bring the link of 7328 to its end."""
    if end == "revoked":
        installation.run("deploy", "7328", "--local")
    elif end == "locked":
        installation.run("users", "edit", "7328", "pin=4711")
        for _ in range(10):
            installation.post(f"/d/{token}/pin", {"pin": "0000"})
    elif end == "expired":
        with closing(sqlite3.connect(installation.home / "offhook.sqlite")) as database, database:
            database.execute("UPDATE offhook_deployment SET expires_at = '2020-01-01 00:00:00.000'")


def point_to(phone: Linphone, address: str) -> None:
    """Let a stopped phone fetch from *address* at its next start."""
    path = phone.home / "linphonerc"
    text, count = re.subn(r"(?m)^config-uri=.*$", f"config-uri={address}", path.read_text())
    assert count == 1
    path.write_text(text)
