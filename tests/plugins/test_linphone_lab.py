"""A real Linphone fetches what the plugin rendered and registers over TLS at a real Kamailio."""

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import pytest
from attrs import define, field

from offhook.api import (
    Account,
    ConfigDocument,
    Credentials,
    DeviceLink,
    Mode,
    Secret,
    SettingValue,
)
from offhook_linphone import FORMAT, render
from tests.lab.kamailio import Kamailio
from tests.lab.linphone import Linphone
from tests.lab.pki import Pki

pytestmark = pytest.mark.lab

MakePhone = Callable[[str], Linphone]


@define
class ConfigServer:
    """Configurations over TLS by path, and every path that was asked for; the rest is refused."""

    base: str
    bodies: dict[str, bytes] = field(factory=dict)
    asked: list[str] = field(factory=list)

    def serve(self, document: ConfigDocument, *, once: bool = False, before: int = 0) -> str:
        """Serve *document* under the link and the device's own address; return the link."""
        device = DeviceLink(
            url=Secret(f"{self.base}/r/device"),
            token=Secret("device"),
            once=once,
            accounts_before=before,
        )
        body = render(FORMAT, document, device).body
        self.bodies = {"/c/link": body, "/r/device": body}
        return f"{self.base}/c/link"


@pytest.fixture
def server(pki: Pki) -> Iterator[ConfigServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            configs.asked.append(self.path)
            body = configs.bodies.get(self.path)
            self.send_response(FORMAT.refusal.status if body is None else 200)
            self.send_header("Content-Type", FORMAT.content_type)
            self.send_header("Content-Length", str(len(body or FORMAT.refusal.body)))
            self.end_headers()
            self.wfile.write(body or FORMAT.refusal.body)

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.leaf.chain, pki.leaf.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.socket = context.wrap_socket(http.socket, server_side=True)
        configs = ConfigServer(f"https://localhost:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, args=[0.05])
        thread.start()
        yield configs
        http.shutdown()
        thread.join(5)


def document(
    kamailio: Kamailio,
    password: str,
    *,
    username: str = "7328",
    name: str = "Ana Ruiz",
    **settings: tuple[Any, Mode],
) -> ConfigDocument:
    """Return what tells a phone to register at *kamailio*."""
    credentials = Credentials(
        side="pbx", host="localhost", username=username, password=Secret(password)
    )
    account = Account(
        credentials=credentials,
        display_name=name,
        transport="tls",
        port=kamailio.tls_port,
        srtp="mandatory",
    )
    return ConfigDocument(
        user_id="u",
        display_name=name,
        number="7328",
        accounts=(account,),
        settings={key: SettingValue(*told) for key, told in settings.items()},
    )


AWKWARD = {
    "punctuation": ('Ana "Any" O\'Neill \\ <x>; #1, 100%\\', "& < > \" ' ; # = \\ % [ ] ,"),
    "spaces": ("  Ana  Ruiz ", " two  spaces "),
    "Cyrillic": ("Юлия Щёлокова", "Пароль-ключ"),
    "emoji": ("Zoë 👩🏽‍💻☎️", "🔑&🔒"),
    "long": ("x" * 60, "y" * 200),
}


@pytest.mark.parametrize(("name", "password"), AWKWARD.values(), ids=AWKWARD)
def test_any_name_and_password_register_over_tls(
    kamailio: Kamailio,
    server: ConfigServer,
    make_linphone: MakePhone,
    name: str,
    password: str,
) -> None:
    kamailio.add_subscribers({"7328": password})

    with make_linphone(server.serve(document(kamailio, password, name=name))) as phone:
        phone.wait_for_registration()
        registration = kamailio.registrations()["7328"]

    assert registration.transport == "tls"


def test_five_starts_that_fetch_always_use_the_link_once_and_then_the_devices_address(
    kamailio: Kamailio, server: ConfigServer, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    phone = make_linphone(server.serve(document(kamailio, "secret")))

    for _ in range(5):
        with phone:
            phone.wait_for_registration()

    assert server.asked == ["/c/link", *["/r/device"] * 4]


def test_five_starts_that_fetch_once_make_one_request(
    kamailio: Kamailio, server: ConfigServer, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    phone = make_linphone(server.serve(document(kamailio, "secret"), once=True))

    for _ in range(5):
        with phone:
            phone.wait_for_registration()

    assert server.asked == ["/c/link"]


def test_a_new_password_replaces_the_hash_that_the_phone_keeps(
    kamailio: Kamailio, server: ConfigServer, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "old"})
    phone = make_linphone(server.serve(document(kamailio, "old")))
    with phone:
        phone.wait_for_registration()
    assert phone.settings()["auth_info_0"]["ha1"]

    kamailio.add_subscribers({"7328": "new"})
    server.serve(document(kamailio, "new"))
    with phone:
        phone.wait_for_registration()

    assert "Failed" not in phone.registration_states()


def test_a_refused_phone_keeps_what_it_had(
    kamailio: Kamailio, server: ConfigServer, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    phone = make_linphone(server.serve(document(kamailio, "secret")))
    with phone:
        phone.wait_for_registration()

    server.bodies.clear()
    with phone:
        phone.wait_for_registration()

    assert server.asked == ["/c/link", "/r/device"]


def test_an_update_resets_what_is_forced_and_leaves_what_is_a_default(
    kamailio: Kamailio, server: ConfigServer, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    first: dict[str, tuple[Any, Mode]] = {
        "dtmf": ("rfc4733", "forced"),
        "dscp_sip": (24, "default"),
        "audio_codec": ("g722", "forced"),
    }
    phone = make_linphone(server.serve(document(kamailio, "secret", **first)))
    with phone:
        phone.wait_for_registration()

    changed: dict[str, tuple[Any, Mode]] = {
        "dtmf": ("sip-info", "forced"),
        "dscp_sip": (46, "default"),
        "audio_codec": ("pcma", "locked"),
    }
    server.serve(document(kamailio, "secret", **changed))
    with phone:
        phone.wait_for_registration()

    kept = phone.settings()
    assert (kept["sip"]["use_info"], kept["sip"]["use_rfc2833"]) == ("1", "0")
    assert kept["sip"]["dscp"] == "0x18"
    assert kept["audio_codec_0"]["mime"] == "PCMA"


@pytest.mark.parametrize(("mode", "first"), [("default", "opus"), ("forced", "G722")])
def test_a_default_codec_does_not_reach_a_phone_that_was_started_before(
    kamailio: Kamailio, server: ConfigServer, make_linphone: MakePhone, mode: Mode, first: str
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    phone = make_linphone(server.serve(document(kamailio, "secret")))
    with phone:
        phone.wait_for_registration()

    server.serve(document(kamailio, "secret", audio_codec=("g722", mode)))
    with phone:
        phone.wait_for_registration()

    assert phone.settings()["audio_codec_0"]["mime"] == first


def test_two_accounts_register_from_one_phone(
    kamailio: Kamailio, server: ConfigServer, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "one", "gw-7328": "other"})
    first = document(kamailio, "one")
    second = document(kamailio, "other", username="gw-7328")
    both = attrs.evolve(first, accounts=first.accounts + second.accounts)

    with make_linphone(server.serve(both)):
        registrations = kamailio.wait_for_registrations(2)

    assert set(registrations) == {"7328", "gw-7328"}


@pytest.mark.parametrize("left", [1, 0])
def test_accounts_that_are_gone_are_taken_off_the_phone_with_their_passwords(
    kamailio: Kamailio, server: ConfigServer, make_linphone: MakePhone, left: int
) -> None:
    kamailio.add_subscribers({"7328": "one", "gw-7328": "other"})
    accounts = document(kamailio, "one").accounts
    accounts += document(kamailio, "other", username="gw-7328").accounts
    both = attrs.evolve(document(kamailio, "one"), accounts=accounts)
    phone = make_linphone(server.serve(both))
    with phone:
        kamailio.wait_for_registrations(2)
    secrets = [phone.settings()[f"auth_info_{index}"]["ha1"] for index in range(2)]

    server.serve(attrs.evolve(both, accounts=accounts[:left]), before=2)
    with phone:
        assert phone.wait_for_provisioning()
        if left:
            phone.wait_for_registration()

    assert phone.registration_states() == ["Progress", "Ok"][: 2 * left]
    kept = (phone.home / "linphonerc").read_text()
    assert "gw-7328" not in kept
    assert [secret in kept for secret in secrets] == [bool(left), False]
    assert re.findall(r"(?m)^passwd=(.*)$", kept) == ["one"][:left]  # a hash from the next start on
