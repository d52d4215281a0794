"""A real Linphone fetches what the plugin rendered and registers over TLS at a real Kamailio."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from offhook.api import (
    Account,
    ConfigDocument,
    Credentials,
    DeviceLink,
    Mode,
    Secret,
    SettingValue,
)
from offhook_linphone import FORMAT, next_document, render
from tests.lab.kamailio import REALM, Kamailio, ha1
from tests.lab.linphone import Linphone
from tests.lab.pages import Pages, serve_pages
from tests.lab.pki import Pki

pytestmark = pytest.mark.lab

MakePhone = Callable[[str], Linphone]


@pytest.fixture
def pages(pki: Pki) -> Iterator[Pages]:
    with serve_pages(pki.leaf, kind=FORMAT.content_type) as running:
        yield running


def serve(pages: Pages, document: ConfigDocument, *, once: bool = False, before: int = 0) -> str:
    """Serve *document* under the link and the device's own address; return the link."""
    device = DeviceLink(
        url=Secret(f"{pages.base}/r/device"),
        token=Secret("device"),
        once=once,
        accounts_before=before,
    )
    body = render(FORMAT, document, device).body.decode()
    pages.add("/r/device", body)
    return pages.add("/c/link", body)


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
    pages: Pages,
    make_linphone: MakePhone,
    name: str,
    password: str,
) -> None:
    kamailio.add_subscribers({"7328": password})

    with make_linphone(serve(pages, document(kamailio, password, name=name))) as phone:
        phone.wait_for_registration()
        registration = kamailio.registrations()["7328"]

    assert registration.transport == "tls"


def test_five_starts_that_fetch_always_use_the_link_once_and_then_the_devices_address(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    phone = make_linphone(serve(pages, document(kamailio, "secret")))

    for _ in range(5):
        with phone:
            phone.wait_for_registration()

    assert pages.asked == ["/c/link", *["/r/device"] * 4]


def test_five_starts_that_fetch_once_make_one_request(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    phone = make_linphone(serve(pages, document(kamailio, "secret"), once=True))

    for _ in range(5):
        with phone:
            phone.wait_for_registration()

    assert pages.asked == ["/c/link"]


def test_a_new_password_replaces_the_hash_that_the_phone_keeps(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "old"})
    phone = make_linphone(serve(pages, document(kamailio, "old")))
    with phone:
        phone.wait_for_registration()
    assert phone.settings()["auth_info_0"]["ha1"]

    kamailio.add_subscribers({"7328": "new"})
    serve(pages, document(kamailio, "new"))
    with phone:
        phone.wait_for_registration()

    assert "Failed" not in phone.registration_states()


def test_a_refused_phone_keeps_what_it_had(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    phone = make_linphone(serve(pages, document(kamailio, "secret")))
    with phone:
        phone.wait_for_registration()

    pages.content.clear()
    with phone:
        phone.wait_for_registration()

    assert pages.asked == ["/c/link", "/r/device"]


def test_an_update_resets_what_is_forced_and_leaves_what_is_a_default(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    first: dict[str, tuple[Any, Mode]] = {
        "dtmf": ("rfc4733", "forced"),
        "dscp_sip": (24, "default"),
        "audio_codec": ("g722", "forced"),
    }
    phone = make_linphone(serve(pages, document(kamailio, "secret", **first)))
    with phone:
        phone.wait_for_registration()

    changed: dict[str, tuple[Any, Mode]] = {
        "dtmf": ("sip-info", "forced"),
        "dscp_sip": (46, "default"),
        "audio_codec": ("pcma", "locked"),
    }
    serve(pages, document(kamailio, "secret", **changed))
    with phone:
        phone.wait_for_registration()

    kept = phone.settings()
    assert (kept["sip"]["use_info"], kept["sip"]["use_rfc2833"]) == ("1", "0")
    assert kept["sip"]["dscp"] == "0x18"
    assert kept["audio_codec_0"]["mime"] == "PCMA"


@pytest.mark.parametrize(("mode", "first"), [("default", "opus"), ("forced", "G722")])
def test_a_default_codec_does_not_reach_a_phone_that_was_started_before(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone, mode: Mode, first: str
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    phone = make_linphone(serve(pages, document(kamailio, "secret")))
    with phone:
        phone.wait_for_registration()

    serve(pages, document(kamailio, "secret", audio_codec=("g722", mode)))
    with phone:
        phone.wait_for_registration()

    assert phone.settings()["audio_codec_0"]["mime"] == first


def test_two_accounts_register_from_one_phone(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "one", "gw-7328": "other"})
    first = document(kamailio, "one")
    second = document(kamailio, "other", username="gw-7328")
    both = attrs.evolve(first, accounts=first.accounts + second.accounts)

    with make_linphone(serve(pages, both)):
        registrations = kamailio.wait_for_registrations(2)

    assert set(registrations) == {"7328", "gw-7328"}


@pytest.mark.parametrize("left", [1, 0])
def test_accounts_that_are_gone_are_taken_off_the_phone_with_their_passwords(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone, left: int
) -> None:
    kamailio.add_subscribers({"7328": "one", "gw-7328": "other"})
    accounts = document(kamailio, "one").accounts
    accounts += document(kamailio, "other", username="gw-7328").accounts
    both = attrs.evolve(document(kamailio, "one"), accounts=accounts)
    phone = make_linphone(serve(pages, both))
    with phone:
        kamailio.wait_for_registrations(2)
    secrets = [phone.settings()[f"auth_info_{index}"]["ha1"] for index in range(2)]

    serve(pages, attrs.evolve(both, accounts=accounts[:left]), before=2)
    with phone:
        assert phone.wait_for_provisioning()
        if left:
            phone.wait_for_registration()

    assert phone.registration_states() == ["Progress", "Ok"][: 2 * left]
    kept = (phone.home / "linphonerc").read_text()
    assert "gw-7328" not in kept
    assert [secret in kept for secret in secrets] == [bool(left), False]
    assert re.findall(r"(?m)^passwd=(.*)$", kept) == ["one"][:left]  # a hash from the next start on


def test_where_the_realm_is_known_a_hash_registers_and_the_phone_never_sees_the_password(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone
) -> None:
    """A phone that gets the password keeps a hash, too, but its log tells."""
    kamailio.add_subscribers({"7328": "s3cret-of-7328"})
    told = at_realm(REALM, document(kamailio, "s3cret-of-7328"))
    phone = make_linphone(serve(pages, told))

    with phone:
        phone.wait_for_registration()
        assert set(kamailio.registrations()) == {"7328"}

    kept = phone.settings()["auth_info_0"]
    assert (kept["realm"], kept["ha1"]) == (REALM, ha1("7328", "s3cret-of-7328"))
    files = {each.name: each.read_bytes() for each in phone.home.rglob("*") if each.is_file()}
    assert files.keys() >= {"linphonerc", "log.txt"}
    assert [name for name, body in files.items() if b"s3cret-of-7328" in body] == []


def test_with_a_wrong_realm_nobody_registers(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "s3cret-of-7328"})
    wrong = at_realm("wrong.example", document(kamailio, "s3cret-of-7328"))

    with make_linphone(serve(pages, wrong)) as phone:
        assert phone.wait_for_provisioning()
        phone.wait_for_registration("Failed")

        assert "Ok" not in phone.registration_states()
        assert kamailio.registrations() == {}


def at_realm(realm: str, told: ConfigDocument) -> ConfigDocument:
    """Return *told* for a phone that knows the realm of its only account."""
    (account,) = told.accounts
    return attrs.evolve(told, accounts=(attrs.evolve(account, realm=realm),))


def test_a_phone_that_is_told_another_address_asks_there_when_it_starts_again(
    kamailio: Kamailio, pages: Pages, make_linphone: MakePhone
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    link = serve(pages, document(kamailio, "secret"))
    phone = make_linphone(pages.add("/route/c/link", next_document(link).decode()))

    with phone:
        assert phone.wait_for_provisioning()
    assert pages.asked == ["/route/c/link"]
    assert FORMAT.follows is False  # so that its codes lead nowhere else

    with phone:
        phone.wait_for_registration()
    assert pages.asked == ["/route/c/link", "/c/link"]
