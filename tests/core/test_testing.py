"""The kit finds what is wrong with a plugin: each test of the contract can fail."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import frozen

from offhook import generic
from offhook.api import Finding, Handover, Outcome, OutsideView, PbxType, Receipt, Route
from offhook.doors import Plugins
from offhook.testing import sample_connection
from tests.core.paper_plugin import Careless, check, contract, render


def test_only_what_a_plugin_does_is_tested():
    assert contract(options_class=lambda: Careless).test_every_account_is_rendered is None
    assert contract(render=render).test_every_account_is_rendered


def test_the_name_of_a_plugin_is_that_of_its_folder():
    assert contract().name() == "acme"


def test_a_plugin_that_is_not_installed_is_found_out():
    with pytest.raises(AssertionError):
        contract().test_it_is_installed_under_the_name_of_its_folder()


def test_a_misspelt_hook_is_found_out():
    with pytest.raises(AssertionError):
        check("test_the_door_accepts_it", rendr=lambda: None)


@pytest.mark.parametrize(
    "test", ["test_every_option_has_a_help_line", "test_options_that_sound_secret_are_secrets"]
)
def test_careless_options_are_found_out(test: str):
    with pytest.raises(AssertionError):
        check(test, options_class=lambda: Careless)


def test_options_of_another_class_are_found_out():
    with pytest.raises(AssertionError):
        check("test_the_options_of_the_test_are_of_its_class", options_class=lambda: Other)


@frozen
class Other:
    pass


@pytest.mark.parametrize(
    "findings",
    [
        [],
        [Finding(level="ok", code="fine", summary="All is well.")],
        [Finding(level="failure", code="", summary="Something.")],
    ],
)
def test_a_diagnosis_that_overlooks_a_dead_network_is_found_out(findings: list[Finding]):
    with pytest.raises(AssertionError):
        check(
            "test_diagnose_reports_a_dead_network",
            sample_connection("acme", None),
            [],
            diagnose=lambda: findings,
        )


def careless_send() -> Any:
    yield Handover("m-1")
    raise ConnectionRefusedError("port 25")


def silent_send() -> Any:
    yield Receipt("m-1", "later")


@pytest.mark.parametrize("send", [careless_send, silent_send])
def test_a_transport_that_hands_over_to_nobody_is_found_out(send: Callable[..., Any]):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(
            "test_send_hands_nothing_over_to_a_dead_network",
            sample_connection("acme", None),
            [],
            send=send,
        )


@pytest.mark.parametrize(
    "pbx_type",
    [
        PbxType(name="acme", label="", codecs=()),
        PbxType(name="acme", label="Acme", codecs=("mp3",)),
        PbxType(name="acme", label="Acme", codecs=(), defaults={"colour": "red"}),
        PbxType(name="acme", label="Acme", codecs=(), credentials=("set",)),
    ],
)
def test_a_pbx_type_of_unknown_words_is_found_out(pbx_type: PbxType):
    with pytest.raises(AssertionError):
        check("test_its_pbx_type_speaks_of_known_settings_and_codecs", pbx_type=lambda: pbx_type)


ROUTE = Route(address="https://r.example.org/1", expires_at=datetime(2030, 1, 1, tzinfo=UTC))
VIEW = OutsideView(proof=Outcome(stage="http", kind="ok"))


@pytest.mark.parametrize(
    ("test", "hooks"),
    [
        ("test_no_route_is_opened_over_a_dead_network", {"open_route": lambda: ROUTE}),
        ("test_nothing_is_seen_from_outside_over_a_dead_network", {"probe": lambda: VIEW}),
    ],
)
def test_a_redirect_service_that_answers_over_a_dead_network_is_found_out(
    test: str, hooks: dict[str, Callable[..., Any]]
):
    with pytest.raises(pytest.fail.Exception):
        check(test, sample_connection("acme", Careless()), [], **hooks)


def test_a_dead_network_connects_nowhere_and_remembers_it(dead_network: list[str]):
    with socket.socket() as line:
        with pytest.raises(OSError, match="unreachable"):
            line.connect(("127.0.0.1", 9))
        with pytest.raises(OSError, match="unreachable"):
            line.connect_ex(("127.0.0.1", 9))
    with pytest.raises(socket.gaierror):
        socket.create_connection(("pbx.example.org", 443))

    assert dead_network == [
        "connect ('127.0.0.1', 9)",
        "connect ('127.0.0.1', 9)",
        "getaddrinfo pbx.example.org",
    ]


def test_elsewhere_the_plugins_are_those_installed(plugins: Plugins):
    assert generic.__name__.rpartition(".")[2] in plugins.names()
