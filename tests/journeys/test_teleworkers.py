"""A phone registers at the border gateway while its user teleworks, and at the PBX otherwise."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offhook_simulators.exports import write_export
from offhook_simulators.mbg import Mbg
from offhook_simulators.mbg_data import name_at, password_at
from tests.journeys.edges import connected, let_in
from tests.journeys.installation import Installation
from tests.lab.kamailio import Kamailio, run_kamailio
from tests.lab.linphone import Linphone
from tests.lab.pki import Pki
from tests.lab.smtp_sink import Sink
from tests.lab.zbar import read_qr_of

pytestmark = pytest.mark.lab

USERS = 3
PASSWORDS = {str(number): f"at the PBX of {number}" for number in range(10_000, 10_000 + USERS)}
NUMBER, TELEWORKER = "10000", "u10000-10000"


@pytest.fixture
def pbx(pki: Pki) -> Iterator[Kamailio]:
    """Where directory numbers register, with the passwords of the operator's file."""
    with run_kamailio(pki.leaf) as registrar:
        registrar.add_subscribers(PASSWORDS)
        yield registrar


@pytest.fixture
def edge(kamailio: Kamailio) -> Kamailio:
    """Where teleworkers register, with what the simulated gateway has."""
    kamailio.add_subscribers({name_at(each): password_at(each) for each in range(USERS)})
    return kamailio


def bring_in(installation: Installation, folder: Path) -> None:
    """Import the users of the PBX, and the passwords of the operator's file."""
    export, passwords = folder / "users.csv", folder / "passwords.csv"
    write_export("mivb", export, USERS)
    with passwords.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Directory number", "PBX SIP user name", "PBX SIP password"))
        writer.writerows((number, number, password) for number, password in PASSWORDS.items())
    installation.run("connections", "add", "hq", "--plugin", "mivb", f"file={export}")
    installation.run("users", "import", "--from", "hq", "--profile", "outside", "--all")
    installation.run("users", "import-passwords", passwords, "--from", "hq")


@pytest.mark.slow  # a server, two registrars, and two starts of a real phone
def test_a_phone_follows_its_profile_from_the_gateway_to_the_pbx(
    installation: Installation,
    start_sink: Callable[[], Sink],
    make_linphone: Callable[[str], Linphone],
    pbx: Kamailio,
    edge: Kamailio,
    pki: Pki,
    tmp_path: Path,
) -> None:
    sink = start_sink()
    run = installation.run
    run(
        *("connections", "add", "mail", "--plugin", "email_smtp", f"host={sink.host}"),
        *(f"port={sink.port}", f"ca_file={pki.root}", "sender=it@example.test"),
    )
    run(
        *("profiles", "create", "outside", "pbx_type=mivb", "client_format=linphone"),
        *("use_teleworker=on", "gateway_host=localhost", f"gateway_port={edge.tls_port}"),
        *("pbx_host=localhost", f"sip_port={pbx.tls_port}"),
    )
    bring_in(installation, tmp_path)
    with connected(installation, Mbg(USERS), pki):
        let_in(installation)
        installation.serve()
        run("deploy", NUMBER, "--wait")
    (mail,) = sink.messages(1)
    phone = make_linphone(read_qr_of(mail))

    with phone:
        phone.wait_for_registration()
        assert set(edge.wait_for_registrations(1)) == {TELEWORKER}
        assert pbx.registrations() == {}
    assert accounts(phone) == {TELEWORKER: edge.tls_port}
    edge.forget_registrations()  # a phone that stops need not take its own back

    run("profiles", "edit", "outside", "use_teleworker=off")
    with phone:
        phone.wait_for_registration()
        assert set(pbx.wait_for_registrations(1)) == {NUMBER}
        assert edge.registrations() == {}
        assert phone.http_answers() == [200]
    assert accounts(phone) == {NUMBER: pbx.tls_port}
    assert TELEWORKER not in (phone.home / "linphonerc").read_text()
    assert installation.states()[NUMBER] == "applied"


def accounts(phone: Linphone) -> dict[str, int]:
    """Return the accounts that a stopped phone has: who registers, at which port."""
    found = {}
    for name, section in phone.settings().items():
        if name.startswith("proxy_"):
            user = section["reg_identity"].partition("sip:")[2].partition("@")[0]
            found[user] = int(section["reg_proxy"].partition(";")[0].rpartition(":")[2])
    return found
