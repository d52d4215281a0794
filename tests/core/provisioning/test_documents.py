"""A document holds what applies: the account of the chosen side, and no setting without effect."""

from datetime import datetime

import pytest

from offhook.model.profiles import Layer
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.provisioning import credentials, documents, resolving

USER = {
    "id": "u",
    "profile": "default",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "number": "7328",
    "pbx_username": "7328",
    "pbx_password": Secret("at the PBX"),
    "gateway_username": "ada-7328",
    "gateway_password": Secret("at the gateway"),
}


@pytest.fixture
def user(now: datetime) -> User:
    """A user with credentials on both sides."""
    return User(**USER, created_at=now)


def build(user: User, **settings: object):
    """Build the document for a profile with these settings."""
    return documents.build(user, resolving.resolve([Layer("profile", settings)]))


def test_without_teleworker_the_account_is_the_pbx_one(user: User) -> None:
    (account,) = build(user, pbx_host="pbx.example.test").accounts

    assert account.credentials.side == "pbx"
    assert account.credentials.host == "pbx.example.test"
    assert account.credentials.password == Secret("at the PBX")


def test_with_teleworker_the_account_is_the_gateway_one(user: User) -> None:
    (account,) = build(user, use_teleworker="on", gateway_host="edge.example.test").accounts

    assert (account.credentials.side, account.credentials.username) == ("gateway", "ada-7328")


@pytest.mark.parametrize(
    ("settings", "transport", "port", "srtp"),
    [
        ({}, "tls", 5061, "optional"),
        ({"srtp_mode": "mandatory"}, "tls", 5061, "mandatory"),
        ({"sip_transport": "udp"}, "udp", 5060, "off"),
        ({"sip_transport": "tcp", "sip_port": 5070, "srtp_mode": "mandatory"}, "tcp", 5070, "off"),
    ],
)
def test_port_and_srtp_follow_the_transport(
    user: User, settings: dict[str, object], transport: str, port: int, srtp: str
) -> None:
    (account,) = build(user, pbx_host="pbx.example.test", **settings).accounts

    assert (account.transport, account.port, account.srtp) == (transport, port, srtp)


def test_without_a_softphone_there_is_no_account(user: User) -> None:
    document = build(user, use_softphone="off", pbx_host="pbx.example.test")

    assert document.accounts == ()
    assert "sip_transport" not in document.settings


def test_settings_that_do_not_apply_are_left_out(user: User) -> None:
    document = build(user, sip_transport="udp")

    assert not {"srtp_mode", "gateway_host", "gateway_port"} & document.settings.keys()


def test_what_steers_the_deployment_is_not_told(user: User) -> None:
    assert not {"downloads", "token_lifetime", "client_format"} & build(user).settings.keys()


def test_what_is_missing_for_an_account_is_named(user: User, now: datetime) -> None:
    bare = User(id="u", profile="default", created_at=now)
    settings = resolving.resolve([]).settings

    assert credentials.why_not(bare, settings) == (
        "incomplete: no PBX SIP host (user or profile), no PBX SIP user name, no PBX SIP password"
    )
    assert credentials.fetch(bare, settings) == ()
    assert "PBX SIP host" in credentials.why_not(user, settings)
