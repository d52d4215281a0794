"""The account XML of Acrobits: what the app is told, how it signs in, what gets lost."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import offhook_acrobits
from offhook.api import (
    CODECS,
    ClientRequest,
    ConfigDocument,
    InvalidInput,
    Mode,
    RenderedConfig,
    SettingValue,
    Sign,
)
from offhook.testing import PluginContract, Seen, sample_account, sample_device, sample_document
from offhook.testing.samples import DEVICE_TOKEN
from offhook_acrobits import FORMAT

GOLDEN = Path(__file__).with_name("golden")
CONTROLS = "".join(map(chr, [*range(0x20), 0xFFFE, 0xFFFF]))
for kept in "\t\n\r":
    CONTROLS = CONTROLS.replace(kept, "")
carried = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=CONTROLS))


def render(document: ConfigDocument) -> RenderedConfig:
    return offhook_acrobits.render(FORMAT, document, sample_device())


def elements(body: bytes) -> dict[str, str]:
    """Return the text of every element of the account, each of which is there once."""
    account = ElementTree.fromstring(body)
    assert account.tag == "account"
    found = {element.tag: element.text or "" for element in account}
    assert len(found) == len(account)
    return found


def document_with(**settings: tuple[Any, Mode]) -> ConfigDocument:
    """Return a document with one account, and of all settings only these."""
    told = {name: SettingValue(*value) for name, value in settings.items()}
    return attrs.evolve(sample_document(), settings=told)


def losses(document: ConfigDocument) -> dict[str, str]:
    return {lost.setting: lost.reason for lost in render(document).lost}


def identify(**fields: str) -> Sign | None:
    return FORMAT.identify(ClientRequest(fields=fields, headers={}))


class TestContract(PluginContract):
    plugin = offhook_acrobits
    most_accounts = 1

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        told = elements(body)
        return [Seen(told["username"], told["password"], told["userDisplayName"])]


def test_the_document_is_the_one_that_was_looked_through() -> None:
    """Where a change of it is meant, the format's version grows with it."""
    account = sample_account(display_name='Ana "Any" Ruiz & Söhne', password="<&\"'>")
    body = render(sample_document(account, settings={"voicemail_number": "*86#"})).body

    assert body.decode() == (GOLDEN / f"acrobits-v{FORMAT.version}.xml").read_text()


EXPRESSED = [
    ("audio_codec", "g722", {"codecOrder": "9,8,0,18", "codecOrder3G": "9,8,0,18"}),
    ("audio_codec", "g729", {"codecOrder": "18,9,8,0", "codecOrder3G": "18,9,8,0"}),
    ("gateway_audio_codec", "pcmu", {"codecOrder": "0,9,8,18", "codecOrder3G": "0,9,8,18"}),
    ("audio_codec", "opus", {}),
    ("dtmf", "rfc4733", {"dtmfOrder": "rfc2833,info,audio"}),
    ("gateway_dtmf", "sip-info", {"dtmfOrder": "info,rfc2833,audio"}),
    ("voicemail_number", "*86#", {"voiceMailNumber": "*86#"}),
    ("voicemail_number", "", {"voiceMailNumber": ""}),
]


@pytest.mark.parametrize(("name", "value", "expected"), EXPRESSED)
def test_a_setting_is_told_and_no_other(name: str, value: Any, expected: dict[str, str]) -> None:
    bare = elements(render(document_with()).body)

    told = elements(render(document_with(**{name: (value, "forced")})).body)

    assert {key: text for key, text in told.items() if key not in bare} == expected


@pytest.mark.parametrize(
    ("transport", "port", "host", "expected"),
    [
        ("tls", 5061, "pbx.example.org", ("tls+sip:", "pbx.example.org:5061")),
        ("tcp", 5062, "pbx.example.org", ("tcp", "pbx.example.org:5062")),
        ("udp", 0, "pbx.example.org", ("udp", "pbx.example.org")),
        ("tls", 5061, "2001:db8::1", ("tls+sip:", "[2001:db8::1]:5061")),
    ],
)
def test_the_app_registers_where_and_how_the_account_says(
    transport: str, port: int, host: str, expected: tuple[str, str]
) -> None:
    account = attrs.evolve(sample_account(host=host), transport=transport, port=port)
    told = elements(render(sample_document(account)).body)

    assert (told["transport"], told["host"]) == expected


@pytest.mark.parametrize(
    ("srtp", "expected"),
    [("off", "disabled"), ("optional", "enabled"), ("mandatory", "required")],
)
def test_encryption_is_that_of_the_account_in_both_directions(srtp: str, expected: str) -> None:
    account = attrs.evolve(sample_account(), srtp=srtp)
    told = elements(render(sample_document(account)).body)

    assert (told["sdesIncoming"], told["sdesOutgoing"]) == (expected, expected)


def test_the_title_is_never_empty_or_the_app_would_drop_the_account() -> None:
    told = elements(render(sample_document(sample_account(display_name=""))).body)

    assert (told["title"], told["userDisplayName"]) == ("2001", "")


def test_the_app_is_handed_the_device_token_in_exchange_for_what_it_signed_in_with() -> None:
    told = elements(render(sample_document()).body)

    assert (told["cloud_username"], told["cloud_password"]) == ("2001", DEVICE_TOKEN)
    assert identify(**{key: told[key] for key in ("cloud_username", "cloud_password")}) == Sign(
        DEVICE_TOKEN
    )


def test_the_app_is_told_in_seconds_how_often_to_ask() -> None:
    device = attrs.evolve(sample_device(), interval=90)
    hourly = offhook_acrobits.render(FORMAT, sample_document(), device).body

    assert elements(hourly)["extProvInterval"] == "5400"
    assert "extProvInterval" not in elements(render(sample_document()).body)


def test_the_token_is_the_password_whatever_the_user_name() -> None:
    assert identify(cloud_username="ana", cloud_password="T-1", cloud_id="X") == Sign("T-1")
    assert identify(cloud_password="T-1", device="desk-7") == Sign("T-1", "desk-7")
    assert identify(cloud_username="ana", cloud_password="") is None


def test_a_refusal_is_a_message_that_no_client_takes_for_an_account() -> None:
    answer = ElementTree.fromstring(FORMAT.refusal.body)

    assert answer.findtext("message")
    assert answer.find("username") is None
    assert not 200 <= FORMAT.refusal.status < 300
    assert FORMAT.refusal.status != 404, "MicroSIP reads that one as an account"


def test_without_an_account_there_is_nothing_to_write() -> None:
    with pytest.raises(InvalidInput, match="'2001' cannot be written for Acrobits"):
        render(attrs.evolve(sample_document(), accounts=()))


def test_who_verifies_is_warned_of_clients_that_do_not() -> None:
    on, off = (
        document_with(verify_tls=(True, "forced")),
        document_with(verify_tls=(False, "forced")),
    )

    assert "MicroSIP" in losses(on)["verify_tls"]
    assert "MicroSIP" not in losses(off)["verify_tls"]


@pytest.mark.parametrize("codec", sorted(set(CODECS) - {"g722", "g729", "pcma", "pcmu"}))
def test_a_codec_without_a_known_number_is_reported(codec: str) -> None:
    assert (
        codec in losses(document_with(gateway_audio_codec=(codec, "forced")))["gateway_audio_codec"]
    )


def test_modes_that_the_app_cannot_keep_are_reported() -> None:
    told = losses(
        document_with(
            dtmf=("rfc4733", "default"),
            audio_codec=("g722", "locked"),
            voicemail_number=("1", "forced"),
        )
    )

    assert "set back" in told["dtmf"]
    assert "locks nothing" in told["audio_codec"]
    assert "voicemail_number" not in told


def test_a_second_account_is_reported() -> None:
    document = sample_document(sample_account(), sample_account("gateway"))

    assert "one account" in losses(document)["use_teleworker"]


def test_every_setting_that_core_tells_today_is_known() -> None:
    assert [name for name, reason in losses(sample_document()).items() if "know" in reason] == []


@given(name=carried, username=carried, password=carried, number=carried)
def test_any_text_that_xml_carries_arrives_unchanged(
    name: str, username: str, password: str, number: str
) -> None:
    account = sample_account(username=username, password=password, display_name=name)
    document = sample_document(account, settings={"voicemail_number": number})
    told = elements(render(document).body)

    assert (told["userDisplayName"], told["username"], told["password"]) == (
        name,
        username,
        password,
    )
    assert (told["authUsername"], told["voiceMailNumber"]) == (username, number)


@given(before=st.text(max_size=5), character=st.sampled_from([*CONTROLS, "\ud800", "\udfff"]))
def test_a_character_that_xml_cannot_hold_is_refused(before: str, character: str) -> None:
    document = sample_document(sample_account(password=f"{before}{character}x"))

    with pytest.raises(InvalidInput) as caught:
        render(document)

    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("pbx password", "****")
