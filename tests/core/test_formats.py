"""What formats share: every unusable text is named, every loss has a sentence, none is invented."""

from typing import Any

import attrs
import pytest

from offhook.api import (
    ConfigDocument,
    InvalidInput,
    Losses,
    Mode,
    SettingValue,
    at_host,
    not_text,
    not_xml,
    refuse_unusable,
)
from offhook.testing import sample_account, sample_device, sample_document

ACME = Losses(client="Acme", told={"dtmf", "dscp_sip"}, default="reset", locked="not locked")


def document_with(**settings: tuple[Any, Mode]) -> ConfigDocument:
    """Return a document with one account, and of all settings only these."""
    told = {name: SettingValue(*value) for name, value in settings.items()}
    return attrs.evolve(sample_document(), settings=told)


def lost(losses: Losses, document: ConfigDocument, **special: str) -> dict[str, str]:
    return {each.setting: each.reason for each in losses.of(document, **special)}


def test_what_is_told_loses_at_most_its_mode() -> None:
    document = document_with(dtmf=("sip-info", "default"), dscp_sip=(24, "locked"))

    assert lost(ACME, document) == {"dtmf": "reset", "dscp_sip": "not locked"}
    assert lost(ACME, document_with(dtmf=("sip-info", "forced"))) == {}
    assert lost(Losses(client="Acme", told={"dtmf"}), document_with(dtmf=("x", "default"))) == {}


def test_a_setting_that_nobody_has_set_is_not_missed() -> None:
    assert lost(ACME, document_with(voicemail_number=("", "forced"))) == {}
    assert lost(ACME, document_with(voicemail_number=("*86", "forced"))) == {
        "voicemail_number": "Acme is not told: its users dial it by hand"
    }
    assert (
        "gets the password"
        in lost(ACME, document_with(gateway_realm=("mbg", "forced")))["gateway_realm"]
    )


def test_what_protects_or_costs_is_said_whatever_the_value() -> None:
    reasons = lost(
        ACME, document_with(verify_tls=(True, "forced"), emergency_numbers=(("112",), "locked"))
    )

    assert list(reasons) == ["verify_tls", "emergency_numbers"]
    assert "{" not in "".join(reasons.values())


def test_a_format_may_know_better() -> None:
    own = Losses(
        client="Acme", always={"dscp_audio": "{client}: no"}, where_set={"call_mode": "no video"}
    )
    document = document_with(dscp_audio=(46, "forced"), call_mode=("video", "default"))

    assert lost(own, document) == {"dscp_audio": "Acme: no", "call_mode": "no video"}
    assert lost(own, document, call_mode="here it is so") == {
        "dscp_audio": "Acme: no",
        "call_mode": "here it is so",
    }


def test_every_setting_that_core_tells_today_has_a_sentence_or_stands_elsewhere() -> None:
    reasons = lost(ACME, sample_document())
    new = lost(ACME, document_with(brand_new=(1, "forced")))

    assert [name for name, reason in reasons.items() if "does not know the" in reason] == []
    assert "does not know the setting" in new["brand_new"]


def test_every_unusable_text_is_named_and_no_secret_shown() -> None:
    account = sample_account(username="a\0", password="p\ud800", display_name="x" * 4001)
    document = sample_document(account, settings={"voicemail_number": "1\0"})

    with pytest.raises(InvalidInput, match="'2001' cannot be written for Acme") as caught:
        refuse_unusable(
            document, sample_device(), not_text, client="Acme", settings=("voicemail_number",)
        )

    shown = {problem.field: problem.value for problem in caught.value.problems}
    assert list(shown) == [
        "display name",
        "pbx user name",
        "pbx password",
        "voicemail_number",
    ]
    assert shown["pbx password"] == "****"
    assert "U+0000" in caught.value.problems[1].reason

    with pytest.raises(InvalidInput) as caught:
        refuse_unusable(document, sample_device(), not_text, client="Acme")
    assert len(caught.value.problems) == 3, "what is not written may be what it is"


@pytest.mark.parametrize(
    ("text", "as_text", "as_xml"),
    [
        ("a\tb\nc\rd", "", ""),
        ("\x07", "", "holds the character U+0007, which XML cannot carry"),
        ("\ufffe", "", "holds the character U+FFFE, which XML cannot carry"),
        (
            "\udfff",
            "holds the character U+DFFF, which no text can hold",
            "holds the character U+DFFF, which XML cannot carry",
        ),
        ("👩🏽‍💻", "", ""),
    ],
)
def test_a_character_is_usable_or_named(text: str, as_text: str, as_xml: str) -> None:
    assert (not_text(text), not_xml(text)) == (as_text, as_xml)


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("pbx.example.org", 5061, "pbx.example.org:5061"),
        ("pbx.example.org", 0, "pbx.example.org"),
        ("2001:db8::1", 5061, "[2001:db8::1]:5061"),
        ("[2001:db8::1]", 0, "[2001:db8::1]"),
    ],
)
def test_a_port_follows_the_host(host: str, port: int, expected: str) -> None:
    assert at_host(host, port) == expected
