"""The baresip format: its files, what a setting becomes, what gets lost, what is refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import offhook_baresip
from offhook.api import (
    CODECS,
    ConfigDocument,
    DeviceLink,
    InvalidInput,
    Mode,
    RenderedConfig,
    SettingValue,
)
from offhook.testing import PluginContract, Seen, sample_account, sample_device, sample_document
from offhook_baresip import FORMAT
from tests.plugins.baresip_reading import account, parts, settings

GOLDEN = Path(__file__).with_name("golden")
CONTROLS = "".join(map(chr, [*range(0x20), 0x7F]))
writable = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=CONTROLS), max_size=10
)
AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def render(document: ConfigDocument, device: DeviceLink | None = None) -> RenderedConfig:
    return offhook_baresip.render(FORMAT, document, device or sample_device())


def accounts(body: bytes) -> list[dict[str, str]]:
    return [account(line) for line in parts(body)["accounts"]]


def document_with(**told: tuple[Any, Mode]) -> ConfigDocument:
    """Return a document with one account, and of all settings only these."""
    values = {name: SettingValue(*setting) for name, setting in told.items()}
    return attrs.evolve(sample_document(), settings=values)


class TestContract(PluginContract):
    plugin = offhook_baresip

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        read = accounts(body)
        return [Seen(each["auth_user"], each["auth_pass"], each["name"]) for each in read]


@pytest.mark.parametrize("once", [False, True], ids=["always", "once"])
def test_the_document_is_the_one_that_was_looked_through(once: bool) -> None:
    """Where a change of it is meant, the format's version grows with it."""
    both = (
        sample_account(display_name='Ana "Any" Ruiz \\ Söhne; <x>'),
        sample_account("gateway", username="gw-2001", password='a;b "c" \\'),
    )
    document = sample_document(*both, settings={"ca_type": "custom", "custom_ca": AUTHORITY})

    body = render(document, sample_device(once=once)).body

    golden = GOLDEN / f"baresip-{'once' if once else 'always'}-v{FORMAT.version}.txt"
    assert body.decode() == golden.read_text()


@pytest.mark.parametrize("prefix", ["", "gateway_"], ids=["PBX", "gateway"])
@pytest.mark.parametrize(
    ("name", "value", "key", "text"),
    [
        ("dscp_audio", 46, "rtp_tos", "184"),
        ("dscp_sip", 24, "sip_tos", "96"),
        ("dscp_video", 34, "rtp_video_tos", "136"),
        ("verify_tls", True, "sip_verify_server", "yes"),
        ("verify_tls", False, "sip_verify_server", "no"),
        ("ca_type", "public", "sip_cafile", "/etc/ssl/certs/ca-certificates.crt"),
        ("video_tx_rate", 768, "video_bitrate", "768000"),
    ],
)
def test_a_setting_is_a_line(prefix: str, name: str, value: Any, key: str, text: str) -> None:
    told = settings(render(document_with(**{prefix + name: (value, "forced")})).body)

    assert told == {key: text, "module": "srtp.so"}


@pytest.mark.parametrize(("on", "seconds"), [(True, "5"), (False, "0")])
def test_a_call_without_sound_ends_after_five_seconds_or_never(on: bool, seconds: str) -> None:
    told = settings(render(document_with(rtp_timeout_detection=(on, "forced"))).body)

    assert told["rtp_timeout"] == seconds


@pytest.mark.parametrize(("method", "mode"), [("rfc4733", "rtpevent"), ("sip-info", "info")])
def test_digits_are_sent_as_the_profile_says(method: str, mode: str) -> None:
    (read,) = accounts(render(document_with(gateway_dtmf=(method, "forced"))).body)

    assert read["dtmfmode"] == mode


@pytest.mark.parametrize("codec", sorted(set(CODECS) - {"g722.1", "g729"}))
def test_the_preferred_codec_comes_first_and_the_others_behind_it(codec: str) -> None:
    (read,) = accounts(render(document_with(audio_codec=(codec, "forced"))).body)

    names = [each.partition("/")[0] for each in read["audio_codecs"].split(",")]
    assert names[0] == codec
    assert sorted(names) == ["g722", "opus", "pcma", "pcmu"]


@pytest.mark.parametrize("codec", ["g722.1", "g729"])
def test_a_codec_that_baresip_lacks_is_lost(codec: str) -> None:
    rendered = render(document_with(audio_codec=(codec, "forced")))

    assert "audio_codecs" not in accounts(rendered.body)[0]
    (lost,) = rendered.lost
    assert (lost.setting, "no such codec" in lost.reason) == ("audio_codec", True)


@pytest.mark.parametrize(
    ("srtp", "expected"), [("off", None), ("optional", "srtp"), ("mandatory", "srtp-mand")]
)
def test_encryption_is_asked_for_and_its_module_loaded(srtp: str, expected: str | None) -> None:
    body = render(sample_document(attrs.evolve(sample_account(), srtp=srtp))).body

    assert accounts(body)[0].get("mediaenc") == expected
    assert ("module srtp.so" in parts(body)["config"]) == bool(expected)


@pytest.mark.parametrize(("kind", "name"), [("custom", "custom_ca"), ("vendor", "vendor_ca")])
def test_an_authority_of_its_own_comes_with_it(kind: str, name: str) -> None:
    told: dict[str, tuple[Any, Mode]] = {
        "ca_type": (kind, "forced"),
        name: (AUTHORITY, "forced"),
    }
    rendered = render(document_with(**told))

    assert parts(rendered.body)["ca.pem"] == AUTHORITY.splitlines()
    assert settings(rendered.body)["sip_cafile"] == "ca.pem"
    assert rendered.lost == ()


def test_an_authority_that_is_not_there_keeps_baresip_from_nothing() -> None:
    rendered = render(document_with(ca_type=("custom", "forced")))

    assert "sip_cafile" not in settings(rendered.body)
    assert [lost.setting for lost in rendered.lost] == ["ca_type"]


def test_verification_is_lost_where_it_is_asked_for() -> None:
    (lost,) = render(document_with(verify_tls=(True, "forced"))).lost

    assert "1.0" in lost.reason
    assert render(document_with(verify_tls=(False, "forced"))).lost == ()


@pytest.mark.parametrize(("mode", "word"), [("default", "every fetch"), ("locked", "locks")])
def test_a_mode_that_cannot_be_kept_is_lost(mode: Mode, word: str) -> None:
    (lost,) = render(document_with(dscp_sip=(24, mode))).lost

    assert word in lost.reason


def test_what_asks_once_is_not_told_where_to_ask_again() -> None:
    assert parts(render(sample_document(), sample_device(once=True)).body)["refresh"] == []


def test_without_a_port_the_host_is_looked_up() -> None:
    (read,) = accounts(render(sample_document(attrs.evolve(sample_account(), port=0))).body)

    assert "outbound" not in read


def test_an_address_of_ip_version_6_stands_in_brackets() -> None:
    (read,) = accounts(render(sample_document(sample_account(host="2001:db8::1"))).body)

    assert (read["host"], read["name"]) == ("[2001:db8::1]", "Ana Ruiz")
    assert read["outbound"] == "sip:[2001:db8::1]:5061;transport=tls"


@given(name=writable, username=writable, password=writable)
def test_a_text_arrives_unchanged_or_is_refused(name: str, username: str, password: str) -> None:
    sample = sample_account(username=username, password=password, display_name=name)
    try:
        body = render(sample_document(sample)).body
    except InvalidInput as error:
        fields = {problem.field for problem in error.problems}
        assert fields <= {"pbx user name", "pbx password"}
        assert set(username) & set('"\\;') or set(password) & set('";') or not password
        return

    (read,) = accounts(body)
    assert (read["name"], read["user"]) == (name, username)
    assert (read["auth_user"], read["auth_pass"]) == (username, password)


@given(before=writable, word=st.from_regex(r"[a-z0-9_]+", fullmatch=True), after=writable)
def test_a_password_sets_nothing_else(before: str, word: str, after: str) -> None:
    with pytest.raises(InvalidInput, match="pbx password"):
        render(sample_document(sample_account(password=f"{before};{word}={after}")))


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ('a" b', "blank"),
        ('a";b', "blank"),
        ("", "ask for it"),
        ("a; answermode =auto", "a setting"),
        ("a\nb", "line break"),
        ("x" * 400, "511 bytes"),
    ],
)
def test_a_password_that_would_arrive_changed_is_refused(password: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        render(sample_document(sample_account(password=password)))

    assert not password or f"'{password}'" not in str(caught.value)


@given(st.text(st.sampled_from('" \\;a'), max_size=6))
def test_quotation_marks_arrive_wherever_they_can(password: str) -> None:
    """Behind an odd one nothing may end the value: only such passwords are refused."""
    assume(password)
    unescaped = iter(password)
    quoted, ends = True, False
    for character in unescaped:
        if character == "\\":
            next(unescaped, "")
        quoted ^= character == '"'
        ends |= not quoted and character in " ;"
    try:
        (read,) = accounts(render(sample_document(sample_account(password=password))).body)
    except InvalidInput:
        assert ends
    else:
        assert (read["auth_pass"], ends) == (password, False)


def test_every_fault_of_an_account_is_named_at_once() -> None:
    sample = sample_account(username='a"b', password='a" b', host="pbx example")

    with pytest.raises(InvalidInput, match="'2001' cannot be written for baresip") as caught:
        render(sample_document(sample))

    assert [problem.field for problem in caught.value.problems] == [
        "pbx host",
        "pbx user name",
        "pbx password",
    ]


@pytest.mark.parametrize("side", ["pbx", "gateway"])
def test_no_setting_is_unknown(side: str) -> None:
    lost = render(sample_document(sample_account(side))).lost

    assert [each for each in lost if "does not know" in each.reason] == []
