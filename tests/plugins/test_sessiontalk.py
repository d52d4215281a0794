"""The JSON of SessionTalk: what the app is told, how it signs in, what never logs it out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import offhook_sessiontalk
from offhook.api import ClientRequest, ConfigDocument, InvalidInput, RenderedConfig, Sign
from offhook.testing import PluginContract, Seen, sample_account, sample_device, sample_document
from offhook_sessiontalk import FORMAT

GOLDEN = Path(__file__).with_name("golden")
carried = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def render(document: ConfigDocument) -> RenderedConfig:
    return offhook_sessiontalk.render(FORMAT, document, sample_device())


def told(document: ConfigDocument) -> Any:
    return json.loads(render(document).body)


def losses(document: ConfigDocument) -> dict[str, str]:
    return {lost.setting: lost.reason for lost in render(document).lost}


class TestContract(PluginContract):
    plugin = offhook_sessiontalk

    def shown(self, name: str) -> str:
        """It has no place for a name."""
        return ""

    def signing_in(self, format_name: str, token: str) -> ClientRequest:
        fields = {"username": "ana", "password": token, "deviceId": "3kQ", "reprovision": "true"}
        return ClientRequest(fields=fields, headers={})

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        return [
            Seen(each["sipusername"], each["sippassword"], "")
            for each in json.loads(body)["sipaccounts"]
        ]


def test_the_document_is_the_one_that_was_looked_through() -> None:
    """Where a change of it is meant, the format's version grows with it."""
    gateway = sample_account("gateway", username="gw-2001", password="<&\"'\\>Юлия")
    body = render(sample_document(sample_account(), gateway)).body

    assert body.decode() == (GOLDEN / f"sessiontalk-v{FORMAT.version}.json").read_text()


def test_accounts_replace_those_that_the_app_has() -> None:
    answer = told(sample_document())

    assert (answer["update"], answer["errmsg"], len(answer["sipaccounts"])) == (True, "", 1)


def test_without_a_softphone_the_list_is_empty_and_logs_the_app_out() -> None:
    answer = told(attrs.evolve(sample_document(), accounts=()))

    assert (answer["update"], answer["sipaccounts"]) == (True, [])


@pytest.mark.parametrize(
    ("transport", "expected"), [("tls", "TLS"), ("tcp", "TCP"), ("udp", "UDP")]
)
def test_the_transport_is_that_of_the_account(transport: str, expected: str) -> None:
    account = attrs.evolve(sample_account(), transport=transport)

    assert told(sample_document(account))["sipaccounts"][0]["transport"] == expected


@pytest.mark.parametrize(
    ("srtp", "expected"),
    [("off", "Disabled"), ("optional", "Enabled"), ("mandatory", "Enabled")],
)
def test_encryption_is_on_or_off(srtp: str, expected: str) -> None:
    account = attrs.evolve(sample_account(), srtp=srtp)

    assert told(sample_document(account))["sipaccounts"][0]["srtp"] == expected


@pytest.mark.parametrize(("srtp", "reported"), [("off", False), ("optional", True)])
def test_what_on_means_for_calls_is_said(srtp: str, reported: bool) -> None:
    account = attrs.evolve(sample_account("gateway"), srtp=srtp)

    assert ("gateway_srtp_mode" in losses(sample_document(account))) is reported


def test_a_port_of_ones_own_is_lost() -> None:
    assert "sip_port" not in losses(sample_document())
    for changed in ({"sip_port": 5070}, {"gateway_port": 5070}, {"pbx_srv": True}):
        (name,) = changed
        assert "SessionCloud" in losses(sample_document(settings=changed))[name]


def test_a_refusal_logs_nobody_out() -> None:
    answer = json.loads(FORMAT.refusal.body)

    assert answer == {"update": False, "errmsg": answer["errmsg"]}
    assert answer["errmsg"]
    assert not 200 <= FORMAT.refusal.status < 300


def test_token_and_installation_find_the_device_again() -> None:
    fields = {"username": "ana", "password": "T-1", "deviceId": "3kQ", "reprovision": "false"}
    first = FORMAT.identify(ClientRequest(fields=fields, headers={}))
    later = FORMAT.identify(ClientRequest(fields={**fields, "reprovision": "true"}, headers={}))

    assert first == later == Sign("T-1", "3kQ")
    assert FORMAT.identify(ClientRequest(fields={"username": "ana"}, headers={})) is None


def test_every_setting_that_core_tells_today_is_known() -> None:
    assert [
        name for name, reason in losses(sample_document()).items() if "know the" in reason
    ] == []


@given(username=carried, password=carried)
def test_any_text_arrives_unchanged(username: str, password: str) -> None:
    account = sample_account(username=username, password=password)
    (seen,) = told(sample_document(account))["sipaccounts"]

    assert (seen["sipusername"], seen["authusername"]) == (username, username)
    assert seen["sippassword"] == password


@given(before=st.text(max_size=5), character=st.sampled_from(["\0", "\ud800", "\udfff"]))
def test_what_no_text_holds_is_refused(before: str, character: str) -> None:
    document = sample_document(sample_account(password=f"{before}{character}x"))

    with pytest.raises(InvalidInput) as caught:
        render(document)

    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("pbx password", "****")
