"""The Zoiper format: three elements for each account, and everything else lost by name."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import offhook_zoiper
from offhook.api import Account, InvalidInput, RenderedConfig
from offhook.doors import Plugins
from offhook.testing import PluginContract, Seen, sample_account, sample_device, sample_document
from offhook.testing.samples import DEVICE_TOKEN
from offhook_zoiper import FORMAT

GOLDEN = Path(__file__).with_name("golden")
CONTROLS = "".join(map(chr, [*range(0x20), 0xFFFE, 0xFFFF])).replace("\t", "")
carried = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=CONTROLS))


def render(*accounts: Account) -> RenderedConfig:
    return offhook_zoiper.render(FORMAT, sample_document(*accounts), sample_device())


def accounts(body: bytes) -> list[dict[str, str]]:
    """Return the accounts that the vendor's page describes, and nothing else may be there."""
    options = ElementTree.fromstring(body)
    assert (options.tag, [each.tag for each in options]) == ("options", ["accounts"])
    found = options.findall("accounts/account")
    return [{each.tag: each.text or "" for each in account} for account in found]


class TestContract(PluginContract):
    plugin = offhook_zoiper

    def shown(self, name: str) -> str:
        return ""

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        return [Seen(each["username"], each["password"], "") for each in accounts(body)]

    def test_the_client_learns_where_to_ask_again(self, plugins: Plugins) -> None:
        """It never does: it asks once, so it is not handed what it has no use for."""
        assert DEVICE_TOKEN.encode() not in render().body


def test_the_document_is_the_one_that_was_looked_through() -> None:
    """Where a change of it is meant, the format's version grows with it."""
    gateway = sample_account("gateway", username="gw-2001", password="<&\"'>")

    body = render(sample_account(), gateway).body

    assert body.decode() == (GOLDEN / f"zoiper-v{FORMAT.version}.xml").read_text()


def test_a_user_logs_in_with_the_name_that_is_registered() -> None:
    (account,) = accounts(render().body)

    assert account == {
        "username": "2001",
        "password": "s3cret-of-2001",
        "authentication_username": "2001",
    }


@given(username=carried, password=carried)
def test_any_text_that_xml_carries_arrives_unchanged(username: str, password: str) -> None:
    (account,) = accounts(render(sample_account(username=username, password=password)).body)

    assert account["authentication_username"] == account["username"] == username
    assert account["password"] == password


@pytest.mark.parametrize("character", ["\n", "\r", "\0", "\x1b", "\ud800", "\uffff"])
def test_what_xml_does_not_keep_is_refused(character: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be written for Zoiper") as caught:
        render(sample_account(password=f"a{character}b"))

    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("pbx password", "****")


def test_what_the_build_decides_is_named_with_where_to_set_it() -> None:
    lost = {each.setting: each.reason for each in render().lost}

    for name in ("pbx_host", "sip_transport", "sip_port", "srtp_mode"):
        assert "OEM portal" in lost[name]
    assert {"audio_codec", "dscp_audio", "verify_tls", "emergency_numbers"} <= set(lost)


@pytest.mark.parametrize("side", ["pbx", "gateway"])
def test_no_setting_is_unknown(side: str) -> None:
    lost = render(sample_account(side)).lost

    assert [each for each in lost if "does not know" in each.reason] == []
