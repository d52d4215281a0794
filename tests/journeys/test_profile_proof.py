"""What a profile says, a real Linphone does: from settings to a registration, or to none."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from itertools import product
from typing import Any, NamedTuple

import pytest

from offhook.doors import Plugins
from offhook.model.documents import DeviceLink
from offhook.model.profiles import Profile
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.provisioning import documents, resolving
from tests.lab.callee import run_callee
from tests.lab.kamailio import Kamailio, run_kamailio
from tests.lab.linphone import Linphone
from tests.lab.pages import Pages, serve_pages
from tests.lab.pki import Pki

pytestmark = pytest.mark.lab

MakePhone = Callable[[str], Linphone]
CERTIFICATES = ("leaf", "foreign", "expired", "wrong_name")  # of the PBX; only the first is good
SRTP = ("off", "optional", "mandatory")


class Case(NamedTuple):
    """The settings of a profile, and the certificate of the PBX."""

    transport: str
    srtp: str
    verify: bool
    certificate: str

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "sip_transport": self.transport,
            "srtp_mode": self.srtp,
            "verify_tls": self.verify,
            "pbx_host": "localhost",
        }

    @property
    def registers(self) -> bool:
        return self.transport != "tls" or self.certificate == "leaf" or not self.verify

    def __str__(self) -> str:
        verify = "verified" if self.verify else "unverified"
        return f"{self.transport}-srtp_{self.srtp}-{verify}-{self.certificate}"


CASES = [
    *(Case("tls", *rest) for rest in product(SRTP, (True, False), CERTIFICATES)),
    Case("tcp", "mandatory", True, "foreign"),
    Case("udp", "mandatory", True, "foreign"),
]


@pytest.fixture(scope="module")
def registrars(pki: Pki) -> Iterator[dict[str, Kamailio]]:
    """A registrar with each certificate."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(run_kamailio(getattr(pki, name))) for name in CERTIFICATES}


@pytest.fixture
def pages(pki: Pki) -> Iterator[Pages]:
    with serve_pages(pki.leaf) as running:
        yield running


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return Plugins.installed()


def configure(pages: Pages, plugins: Plugins, user: User, settings: dict[str, Any]) -> str:
    """Serve what *user* gets by a profile with *settings*; return the address."""
    profile = Profile(id="p", name="proof", settings=settings | {"client_format": "linphone"})
    document = documents.build(user, resolving.resolve_for(profile, user, plugins))
    device = DeviceLink(url=Secret(f"{pages.base}/r"), token=Secret("r"), once=True)
    return pages.add("/c", plugins.render("linphone", document, device).body.decode())


def person(number: str, password: str) -> User:
    return User(
        id=f"u-{number}",
        profile="proof",
        first_name="Ana",
        last_name="Ruiz",
        number=number,
        pbx_username=number,
        pbx_password=Secret(password),
        created_at=datetime(2030, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_phone_registers_as_the_profile_says_or_refuses(
    case: Case,
    registrars: dict[str, Kamailio],
    pages: Pages,
    plugins: Plugins,
    make_linphone: MakePhone,
) -> None:
    registrar = registrars[case.certificate]
    number = str(7000 + CASES.index(case))
    registrar.add_subscribers({number: "s3cret"})
    port = getattr(registrar, f"{case.transport}_port")
    settings = case.settings | {"sip_port": port}
    phone = make_linphone(configure(pages, plugins, person(number, "s3cret"), settings))

    with phone:
        phone.wait_for_registration("Ok" if case.registers else "Failed")
        registered = registrar.registrations().get(number)

    if case.registers:
        assert registered
        assert registered.transport == case.transport
    else:
        assert registered is None
        assert "Ok" not in phone.registration_states()
    told = phone.settings()["sip"]
    srtp = case.srtp if case.transport == "tls" else "off"
    assert told["media_encryption"] == ("none" if srtp == "off" else "srtp")
    assert told["media_encryption_mandatory"] == ("1" if srtp == "mandatory" else "0")


PLAIN = 12 + 160  # bytes: RTP header, twenty milliseconds of PCMA
ENCRYPTED = PLAIN + 10  # and the tag of HMAC_SHA1_80, RFC 3711


@pytest.mark.parametrize(
    ("srtp", "other_side", "size"),
    [
        ("off", True, PLAIN),
        ("optional", True, ENCRYPTED),
        ("optional", False, PLAIN),
        ("mandatory", True, ENCRYPTED),
    ],
    ids=["off", "optional", "optional-other_side_cannot", "mandatory"],
)
def test_a_call_is_encrypted_on_the_wire_as_the_profile_says(
    registrars: dict[str, Kamailio],
    pages: Pages,
    plugins: Plugins,
    make_linphone: MakePhone,
    srtp: str,
    other_side: bool,
    size: int,
) -> None:
    """The phone sends one sample for ever: in clear, all bytes of a packet are the same."""
    with (
        run_callee(srtp=other_side) as callee,
        calling(registrars["leaf"], callee.contact, pages, plugins, make_linphone, srtp) as phone,
    ):
        phone.wait_for_call("StreamsRunning")
        packets = callee.wait_for_packets()

    assert {len(packet) for packet in packets} == {size}
    assert {len(set(packet[12:172])) == 1 for packet in packets} == {size == PLAIN}
    assert callee.marks == {46}


def test_where_encryption_is_mandatory_there_is_no_call_without(
    registrars: dict[str, Kamailio], pages: Pages, plugins: Plugins, make_linphone: MakePhone
) -> None:
    with (
        run_callee(srtp=False) as callee,
        calling(
            registrars["leaf"], callee.contact, pages, plugins, make_linphone, "mandatory"
        ) as phone,
    ):
        phone.wait_for_call("Error")

    assert len(callee.offers) == 1
    assert callee.packets == []


@contextmanager
def calling(
    registrar: Kamailio,
    contact: str,
    pages: Pages,
    plugins: Plugins,
    make_linphone: MakePhone,
    srtp: str,
) -> Iterator[Linphone]:
    """A registered phone that calls *contact*."""
    registrar.add_subscribers({"7100": "s3cret"})
    registrar.add_contact("callee", contact)
    settings = {
        "pbx_host": "localhost",
        "sip_port": registrar.tls_port,
        "srtp_mode": srtp,
        "audio_codec": "pcma",
        "dscp_audio": 46,
    }
    with make_linphone(configure(pages, plugins, person("7100", "s3cret"), settings)) as phone:
        phone.wait_for_registration()
        phone.call("sip:callee@localhost")
        yield phone
    registrar.forget_registrations()


@pytest.mark.parametrize("certificate", CERTIFICATES)
def test_an_authority_of_ones_own_comes_with_the_configuration_and_only_it_is_trusted(
    registrars: dict[str, Kamailio], pki: Pki, plugins: Plugins, certificate: str
) -> None:
    """What Linphone takes from the device only, a client of the offhook format is handed."""
    port = registrars[certificate].tls_port
    settings = {"ca_type": "custom", "custom_ca": pki.root.read_text(), "pbx_host": "localhost"}
    profile = Profile(id="p", name="proof", settings=settings | {"sip_port": port})
    document = documents.build(
        person("7200", "s3cret"), resolving.resolve_for(profile, None, plugins)
    )
    device = DeviceLink(url=Secret("https://localhost/r"), token=Secret("r"), once=True)
    told = json.loads(plugins.render("offhook", document, device).body)

    authority = told["settings"]["custom_ca"]["value"]
    [account] = told["accounts"]
    verifying = ssl.create_default_context(cadata=authority)
    assert told["settings"]["verify_tls"]["value"] is True
    assert len(verifying.get_ca_certs()) == 1
    with socket.create_connection((account["host"], account["port"]), 10) as plain:
        trust = nullcontext() if certificate == "leaf" else pytest.raises(ssl.SSLError)
        with trust, verifying.wrap_socket(plain, server_hostname=account["host"]) as wrapped:
            assert wrapped.getpeercert()
