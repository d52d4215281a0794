"""What Bria's login server answers: sections, lines, what is emptied, how it signs in."""

import re
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import offhook_bria
from offhook.api import ClientRequest, ConfigDocument, InvalidInput, RenderedConfig, Sign
from offhook.testing import PluginContract, Seen, sample_account, sample_device, sample_document
from offhook_bria import FORMAT

GOLDEN = Path(__file__).with_name("golden")
LINE = re.compile(r'([^="]+)="?([^"]*)"?')
SECTIONS = ["[DATA]", "[SETTINGS]", "[##MEMORY##]"]
BREAKING = '\0\n\r"'
carried = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=BREAKING))


def render(document: ConfigDocument, *, accounts_before: int = 0) -> RenderedConfig:
    device = attrs.evolve(sample_device(), accounts_before=accounts_before)
    return offhook_bria.render(FORMAT, document, device)


def read(body: bytes) -> dict[str, dict[str, str]]:
    """Return section -> key -> value, as a reader that drops a line which nothing ends."""
    lines = body.decode().split("\r\n")[:-1]
    assert [line for line in lines if line.startswith("[")] in (SECTIONS, SECTIONS[:1])
    found: dict[str, dict[str, str]] = {}
    section = ""
    for line in lines:
        if line.startswith("["):
            section = line
            found[section] = {}
        else:
            match = LINE.fullmatch(line)
            assert match, line
            assert match[1] not in found[section]
            found[section][match[1]] = match[2]
    return found


def settings(document: ConfigDocument, *, accounts_before: int = 0) -> dict[str, str]:
    return read(render(document, accounts_before=accounts_before).body)["[SETTINGS]"]


def losses(document: ConfigDocument) -> dict[str, str]:
    return {lost.setting: lost.reason for lost in render(document).lost}


def identify(name: str, password: str) -> Sign | None:
    fields = {"Username": name, "Password": password}
    return FORMAT.identify(ClientRequest(fields=fields, headers={}))


class TestContract(PluginContract):
    plugin = offhook_bria
    cannot_carry = ("double quote",)

    def signing_in(self, format_name: str, token: str) -> ClientRequest:
        return ClientRequest(fields={"Username": "ana", "Password": token}, headers={})

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        told = read(body)
        kept, memory = told["[SETTINGS]"], told["[##MEMORY##]"]
        numbers = [index for index in range(9) if kept.get(f"proxies:proxy{index}:enabled") == "1"]
        return [
            Seen(
                kept[f"proxies:proxy{number}:username"],
                memory[f"proxies:proxy{number}:password"],
                kept[f"proxies:proxy{number}:display_name"],
            )
            for number in numbers
        ]


def test_the_document_is_the_one_that_was_looked_through() -> None:
    """Where a change of it is meant, the format's version grows with it."""
    accounts = (
        sample_account(display_name='Ana "Any" Ruiz & Söhne'),
        sample_account("gateway", username="gw-2001", password="<&';\\>"),
    )
    body = render(sample_document(*accounts, settings={"voicemail_number": "*86"})).body

    assert body == (GOLDEN / f"bria-v{FORMAT.version}.txt").read_bytes()


def test_a_success_is_said_and_the_last_line_is_ended() -> None:
    body = render(sample_document()).body

    assert read(body)["[DATA]"] == {"Success": "1"}
    assert body.endswith(b"\r\n")


def test_passwords_stay_in_memory() -> None:
    told = read(render(sample_document()).body)

    assert told["[##MEMORY##]"] == {"proxies:proxy0:password": "s3cret-of-2001"}
    assert "s3cret-of-2001" not in told["[SETTINGS]"].values()


@pytest.mark.parametrize(
    ("port", "host", "expected"),
    [
        (5061, "pbx.example.org", "pbx.example.org:5061"),
        (0, "pbx.example.org", "pbx.example.org"),
        (5061, "2001:db8::1", "[2001:db8::1]:5061"),
    ],
)
def test_bria_registers_where_the_account_says(port: int, host: str, expected: str) -> None:
    account = attrs.evolve(sample_account(host=host), transport="tcp", port=port)
    told = settings(sample_document(account))

    assert told["proxies:proxy0:domain"] == expected
    assert told["proxies:proxy0:transport"] == "tcp"


def test_an_account_that_is_gone_is_switched_off_and_emptied() -> None:
    told = settings(sample_document(), accounts_before=2)

    assert told["proxies:proxy0:enabled"] == "1"
    assert told["proxies:proxy1:enabled"] == "0"
    assert told["proxies:proxy1:username"] == told["proxies:proxy1:password"] == ""


def test_without_a_softphone_the_first_account_is_switched_off() -> None:
    body = render(attrs.evolve(sample_document(), accounts=())).body

    assert read(body)["[SETTINGS]"]["proxies:proxy0:enabled"] == "0"
    assert read(body)["[##MEMORY##]"] == {}


def test_a_quote_in_a_name_becomes_another_one() -> None:
    account = sample_account(display_name='Ana "Any" Ruiz')

    told = settings(sample_document(account))
    assert told["proxies:proxy0:display_name"] == "Ana 'Any' Ruiz"


def test_a_refusal_is_an_answer_that_bria_reads() -> None:
    assert FORMAT.refusal.status == 200
    answer = read(FORMAT.refusal.body)["[DATA]"]

    assert answer["Success"] == "0"
    assert answer["Failure"]


def test_name_and_token_find_the_computer_again_however_the_name_is_typed() -> None:
    assert identify("Ana", "T-1") == identify(" ana ", "T-1") == Sign("T-1", "ana")
    assert identify("", "T-1") is None
    assert identify("ana", "") is None


def test_the_modes_that_bria_cannot_keep_and_its_srtp_are_reported() -> None:
    told = losses(sample_document(settings={"srtp_mode": "off", "gateway_srtp_mode": "mandatory"}))

    assert "srtp_mode" not in told
    assert "PBX has to refuse" in told["gateway_srtp_mode"]


def test_every_setting_that_core_tells_today_is_known() -> None:
    assert [
        name for name, reason in losses(sample_document()).items() if "know the" in reason
    ] == []


@given(name=carried, username=carried, password=carried)
def test_any_text_of_one_line_arrives_unchanged(name: str, username: str, password: str) -> None:
    account = sample_account(username=username, password=password, display_name=name)
    told = read(render(sample_document(account)).body)

    kept = told["[SETTINGS]"]
    assert (kept["proxies:proxy0:username"], kept["proxies:proxy0:display_name"]) == (
        username,
        name,
    )
    assert kept["proxies:proxy0:authorization_username"] == username
    assert told["[##MEMORY##]"]["proxies:proxy0:password"] == password


@given(before=st.text(max_size=5), character=st.sampled_from([*BREAKING, "\ud800", "\udfff"]))
def test_a_character_that_would_end_the_line_or_the_value_is_refused(
    before: str, character: str
) -> None:
    document = sample_document(sample_account(password=f"{before}{character}x"))

    with pytest.raises(InvalidInput) as caught:
        render(document)

    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("pbx password", "****")
