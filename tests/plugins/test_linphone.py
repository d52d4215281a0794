"""The Linphone format: what stands in the document, what binds, what gets lost, what is refused."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import offhook_linphone
from offhook.api import (
    CODECS,
    DeviceLink,
    InvalidInput,
    Mode,
    Secret,
)
from offhook.testing import PluginContract, Seen, sample_account, sample_device, sample_document
from offhook_linphone import FORMAT, deep_link
from tests.plugins.linphone_reading import Entries, document_with, entries, render

GOLDEN = Path(__file__).with_name("golden")
IDENTITY = re.compile(r'(?:"((?:[^"\\]|\\.)*)" )?<sip:[^>]*>', re.DOTALL)
CONTROLS = "".join(map(chr, [*range(0x20), 0xFFFE, 0xFFFF])).replace("\t", "")
carried = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=CONTROLS))


def display_name(identity: str) -> str:
    """Return the name that a SIP parser reads out of `"name" <address>`."""
    match = IDENTITY.fullmatch(identity)
    assert match, identity
    return re.sub(r"\\(.)", r"\1", match[1] or "", flags=re.DOTALL)


class TestContract(PluginContract):
    plugin = offhook_linphone

    def shown(self, name: str) -> str:
        return name.replace("\\", "/")

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        told = entries(body)
        numbers = [
            name.removeprefix("proxy_")
            for name, keys in told.items()
            if name.startswith("proxy_") and keys["reg_identity"]
        ]
        return [
            Seen(
                told[f"auth_info_{number}"]["username"],
                told[f"auth_info_{number}"]["passwd"],
                display_name(told[f"proxy_{number}"]["reg_identity"]),
            )
            for number in numbers
        ]


@pytest.mark.parametrize("once", [False, True], ids=["always", "once"])
def test_the_document_is_the_one_that_was_looked_through(once: bool) -> None:
    """Where a change of it is meant, the format's version grows with it."""
    accounts = (
        sample_account(display_name='Ana "Any" Ruiz & Söhne'),
        sample_account("gateway", username="gw-2001", password="<&\"'>"),
    )
    document = sample_document(*accounts, settings={"voicemail_number": "*86#"})

    body = render(document, sample_device(once=once)).body

    golden = GOLDEN / f"linphone-{'once' if once else 'always'}-v{FORMAT.version}.xml"
    assert body.decode() == golden.read_text()


def test_accounts_of_before_are_emptied_key_by_key() -> None:
    """Nothing that we ever wrote of them stays, least of all a password or its hash."""
    full = render(sample_document(sample_account(), sample_account("gateway")))
    document = sample_document(settings={"voicemail_number": "*86#"})

    told = entries(render(document, sample_device(accounts_before=2)).body, overwriting=True)

    for section in ("proxy_1", "auth_info_1"):
        assert set(told[section]) >= set(entries(full.body)[section])
        assert {text for key, text in told[section].items() if text} <= {"0"}
    assert told["proxy_0"]["reg_sendregister"] == "1"
    assert "proxy_2" not in told


EXPRESSED = [
    ("verify_tls", False, {"sip": {"verify_server_certs": "0", "verify_server_cn": "0"}}),
    ("dtmf", "rfc4733", {"sip": {"use_rfc2833": "1", "use_info": "0"}}),
    ("dtmf", "sip-info", {"sip": {"use_rfc2833": "0", "use_info": "1"}}),
    ("dscp_sip", 24, {"sip": {"dscp": "0x18"}}),
    ("dscp_audio", 46, {"rtp": {"audio_dscp": "0x2e"}}),
    ("dscp_video", 0, {"rtp": {"video_dscp": "0x0"}}),
    ("rtp_timeout_detection", True, {"rtp": {"nortp_timeout": "5"}}),
    ("rtp_timeout_detection", False, {"rtp": {"nortp_timeout": "86400"}}),
    ("call_mode", "video", {"video": {"automatically_initiate": "1"}}),
    ("call_mode", "audio", {"video": {"automatically_initiate": "0"}}),
    ("voicemail_number", "*86#", {"proxy_0": {"voicemail_uri": "sip:*86%23@pbx.example.org"}}),
    ("voicemail_number", "", {"proxy_0": {"voicemail_uri": ""}}),
]


@pytest.mark.parametrize(("name", "value", "expected"), EXPRESSED)
def test_a_setting_is_told_and_no_other(name: str, value: Any, expected: Entries) -> None:
    bare = entries(render(document_with()).body)

    told = entries(render(document_with(**{name: (value, "forced")})).body)

    new = {
        section: {key: text for key, text in keys.items() if key not in bare.get(section, {})}
        for section, keys in told.items()
    }
    assert {section: keys for section, keys in new.items() if keys} == expected


@pytest.mark.parametrize(("mode", "overwrites"), [("default", 0), ("forced", 1), ("locked", 1)])
def test_a_default_leaves_what_the_phone_has(mode: Mode, overwrites: int) -> None:
    body = render(document_with(dscp_sip=(24, mode), audio_codec=("pcma", mode))).body

    told = entries(body, overwriting=bool(overwrites))
    assert told["sip"]["dscp"] == "0x18"
    assert told["audio_codec_0"]["mime"] == "PCMA"


@pytest.mark.parametrize(
    ("srtp", "expected"),
    [("off", ("none", "0")), ("optional", ("srtp", "0")), ("mandatory", ("srtp", "1"))],
)
def test_encryption_is_that_of_the_account(srtp: str, expected: tuple[str, str]) -> None:
    account = attrs.evolve(sample_account(), srtp=srtp)
    sip = entries(render(sample_document(account)).body)["sip"]

    assert (sip["media_encryption"], sip["media_encryption_mandatory"]) == expected


def test_an_account_overwrites_whatever_the_modes_of_its_settings() -> None:
    modes: dict[str, tuple[Any, Mode]] = {
        "pbx_host": ("pbx.example.org", "default"),
        "srtp_mode": ("mandatory", "default"),
    }
    told = entries(render(document_with(**modes)).body, overwriting=True)

    assert told["sip"]["media_encryption_mandatory"] == "1"
    assert told["proxy_0"]["reg_proxy"] == "<sip:pbx.example.org:5061;transport=tls>"
    assert told["proxy_0"]["reg_identity"] == '"Ana Ruiz" <sip:2001@pbx.example.org>'


def test_an_address_of_ip_version_6_stands_in_brackets() -> None:
    document = sample_document(sample_account(host="2001:db8::1", display_name=""))
    proxy = entries(render(document).body)["proxy_0"]

    assert proxy["reg_proxy"] == "<sip:[2001:db8::1]:5061;transport=tls>"
    assert proxy["reg_identity"] == "<sip:2001@[2001:db8::1]>"


def test_a_phone_without_account_gets_its_settings_and_its_address() -> None:
    document = attrs.evolve(document_with(dscp_sip=(24, "forced")), accounts=())

    assert entries(render(document).body) == {
        "misc": {"transient_provisioning": "0", "config-uri": sample_device().url.reveal()},
        "sip": {"dscp": "0x18"},
    }


def test_what_fetches_once_is_not_told_where_to_ask_again() -> None:
    misc = entries(render(sample_document(), sample_device(once=True)).body)["misc"]

    assert misc == {"transient_provisioning": "1"}


@pytest.mark.parametrize("codec", sorted(set(CODECS) - {"g722.1"}))
def test_the_preferred_codec_comes_first_and_the_others_stay_enabled(codec: str) -> None:
    told = entries(render(document_with(audio_codec=(codec, "forced"))).body)
    codecs = [keys for name, keys in told.items() if name.startswith("audio_codec_")]

    assert codecs[0]["mime"].lower() == codec
    assert {each["mime"] for each in codecs} == {"opus", "G722", "PCMA", "PCMU", "G729"}
    assert {each["enabled"] for each in codecs} == {"1"}


def test_where_the_realm_is_known_the_phone_gets_a_hash_and_no_password() -> None:
    account = attrs.evolve(sample_account(password="s3cret-of-2001"), realm="pbx.example.org")

    body = render(sample_document(account)).body

    told = entries(body)["auth_info_0"]
    # printf 2001:pbx.example.org:s3cret-of-2001 | md5sum
    assert told["ha1"] == "2e86121600f43220ade920bfb846310e"
    assert (told["realm"], told["algorithm"], told["passwd"]) == ("pbx.example.org", "MD5", "")
    assert b"s3cret-of-2001" not in body


@given(name=carried, username=carried, password=carried)
def test_any_text_that_xml_carries_arrives_unchanged(
    name: str, username: str, password: str
) -> None:
    account = sample_account(username=username, password=password, display_name=name)
    told = entries(render(sample_document(account)).body)

    assert told["auth_info_0"]["passwd"] == password
    assert told["auth_info_0"]["username"] == username
    assert display_name(told["proxy_0"]["reg_identity"]) == name.replace("\\", "/")


@given(before=st.text(max_size=5), character=st.sampled_from([*CONTROLS, "\ud800", "\udfff"]))
def test_a_character_that_would_break_the_phones_settings_is_refused(
    before: str, character: str
) -> None:
    document = sample_document(sample_account(password=f"{before}{character}x"))

    with pytest.raises(InvalidInput) as caught:
        render(document)

    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("pbx password", "****")


def test_every_unusable_text_is_named_at_once() -> None:
    account = sample_account(username="a\nb", display_name="x" * 4001, host="pbx\r.example")
    document = sample_document(account, settings={"voicemail_number": "1\0"})

    with pytest.raises(InvalidInput, match="'2001' cannot be written for Linphone") as caught:
        render(document)

    reasons = {problem.field: problem.reason for problem in caught.value.problems}
    assert list(reasons) == ["display name", "pbx host", "pbx user name", "voicemail_number"]
    assert "line break" in reasons["pbx user name"]
    assert "longer than 4000" in reasons["display name"]
    assert "U+0000" in reasons["voicemail_number"]


def test_the_device_address_is_a_secret_in_errors_too() -> None:
    device = DeviceLink(url=Secret("https://x/r/abc\n"), token=Secret("abc\n"), once=False)

    with pytest.raises(InvalidInput) as caught:
        render(sample_document(), device)

    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://phones.example.org/c/T", "linphone-config://phones.example.org/c/T"),
        ("https://phones.example.org:8443/c/T", "linphone-config://phones.example.org:8443/c/T"),
        ("http://localhost:8080/c/T", "linphone-config:http://localhost:8080/c/T"),
    ],
)
def test_the_deep_link_opens_the_app_with_the_address(address: str, link: str) -> None:
    assert deep_link(address) == link


def test_every_refusal_is_the_same_short_404() -> None:
    assert FORMAT.refusal.status == 404
    assert len(FORMAT.refusal.body) < 40
