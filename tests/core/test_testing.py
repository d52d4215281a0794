"""The kit finds what is wrong with a plugin: each test of the contract can fail."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve, frozen

from offhook import generic
from offhook.api import (
    ClientFormat,
    ClientRequest,
    Finding,
    Handover,
    Lost,
    PbxType,
    Receipt,
    Refusal,
    RenderedConfig,
    Secret,
    Sign,
    described,
    hookimpl,
)
from offhook.doors import Plugins
from offhook.testing import PluginContract, Seen, sample_connection, sample_document
from offhook.testing.samples import HOSTILE_TEXTS, IMPOSSIBLE_TEXTS, LINE_BREAKS

FORMAT = ClientFormat(
    name="paper", label="Paper", version=1, content_type="text/plain", deep_link=str
)


@frozen(kw_only=True)
class Careless:
    host: str = described(default="", help=" ")
    sip_password: str = described(default="", help="It is not hidden.")
    pin: Secret | None = described(default=None, help="It is hidden.")


def contract(**hooks: Callable[..., Any]) -> Any:
    """Return the contract of a plugin with *hooks* that renders one account as three lines."""
    module = ModuleType("offhook_acme")
    for name, hook in hooks.items():
        setattr(module, name, hookimpl(hook))

    class Contract(PluginContract):
        plugin = module
        options = Careless()

        def read_accounts(self, format_name: str, body: bytes) -> list[Seen]:
            return [Seen(*body.decode().split("\n")[1:4])]

    return Contract()


def check(test: str, *arguments: Any, **hooks: Callable[..., Any]) -> None:
    """Run one test of the contract on a plugin with *hooks*."""
    tested = contract(**hooks)
    getattr(tested, test)(Plugins({"acme": tested.plugin}), *arguments)


def check_format(test: str, *arguments: Any, **changes: Any) -> None:
    """Run one test of the contract on a plugin whose format has *changes*."""
    changed = evolve(FORMAT, **changes)
    check(test, *arguments, client_formats=lambda: [changed], render=render)


def check_render(test: str, *arguments: Any, render: Callable[..., Any]) -> None:
    """Run one test of the contract on a plugin that renders so."""
    check(test, *arguments, client_formats=lambda: [FORMAT], render=render)


def render(document: Any, device: Any) -> RenderedConfig:
    """Render one account as lines, and believe every name and password."""
    account = document.accounts[0]
    credentials = account.credentials
    lines = [device.url.reveal(), credentials.username, credentials.password.reveal()]
    return paper("\n".join([*lines, account.display_name]))


def paper(text: str, **others: Any) -> RenderedConfig:
    """Return *text* as a rendered configuration."""
    return RenderedConfig(
        body=text.encode(errors="replace"), **{"content_type": "text/plain", **others}
    )


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


@pytest.mark.parametrize(
    ("test", "changes"),
    [
        ("test_its_deep_links_carry_the_token", {"deep_link": lambda _: "acme:"}),
        (
            "test_a_refusal_does_not_tell_the_reason",
            {"refusal": Refusal(404, "text/plain", b"This link has expired.")},
        ),
        ("test_a_request_that_shows_nothing_is_nobody", {"identify": lambda _: Sign("")}),
        ("test_what_is_lost_are_settings_of_the_document", {"content_type": "text/html"}),
    ],
)
def test_a_careless_format_is_found_out(test: str, changes: dict[str, Any]):
    arguments = [sample_document()] if "lost" in test else []

    with pytest.raises(AssertionError):
        check_format(test, *arguments, **changes)


def test_an_account_that_is_left_out_is_found_out():
    with pytest.raises(AssertionError):
        check_render("test_every_account_is_rendered", render=render)


def test_bytes_that_change_are_found_out():
    def changing() -> RenderedConfig:
        return paper(str(time.perf_counter_ns()))

    with pytest.raises(AssertionError):
        check_render(
            "test_the_same_document_gives_the_same_bytes", sample_document(), render=changing
        )


def test_a_render_that_reads_files_is_found_out(monkeypatch: pytest.MonkeyPatch):
    def reading() -> RenderedConfig:
        Path(os.devnull).open()  # noqa: SIM115
        return paper("")

    with pytest.raises(AssertionError):
        check_render(
            "test_rendering_asks_neither_network_nor_files", [], monkeypatch, render=reading
        )


def test_a_render_that_asks_the_network_is_found_out(
    dead_network: list[str], monkeypatch: pytest.MonkeyPatch
):
    def asking() -> RenderedConfig:
        with pytest.raises(OSError, match="resolution"):
            socket.getaddrinfo("pbx.example.org", 443)
        return paper("")

    with pytest.raises(AssertionError):
        check_render(
            "test_rendering_asks_neither_network_nor_files",
            dead_network,
            monkeypatch,
            render=asking,
        )


def test_a_forgotten_refresh_address_is_found_out():
    with pytest.raises(AssertionError):
        check_render("test_the_client_learns_where_to_ask_again", render=lambda: paper("once"))


@pytest.mark.parametrize(
    "fields", [{"token": "{}"}, {"device": "d"}, {"token": "x", "device": "d"}]
)
def test_a_client_that_signs_in_and_is_not_found_again_is_found_out(fields: dict[str, str]):
    tested = contract(client_formats=lambda: [FORMAT], render=render)
    tested.signing_in = lambda _name, token: ClientRequest(
        fields={name: text.format(token) for name, text in fields.items()}, headers={}
    )

    with pytest.raises(AssertionError):
        tested.test_the_client_learns_where_to_ask_again(Plugins({"acme": tested.plugin}))


def test_a_loss_that_does_not_exist_is_found_out():
    def losing() -> RenderedConfig:
        return paper("", lost=(Lost("colour", "There is none."),))

    with pytest.raises(AssertionError):
        check_render(
            "test_what_is_lost_are_settings_of_the_document", sample_document(), render=losing
        )


@pytest.mark.parametrize("sample", HOSTILE_TEXTS)
def test_a_text_that_is_changed_is_found_out(sample: str):
    def changing(document: Any, device: Any) -> RenderedConfig:
        body = render(document, device).body.decode()
        return paper(body.replace(HOSTILE_TEXTS[sample], HOSTILE_TEXTS[sample][:-1]))

    check_render("test_awkward_names_and_passwords_survive", sample, render=render)
    with pytest.raises(AssertionError):
        check_render("test_awkward_names_and_passwords_survive", sample, render=changing)


@pytest.mark.parametrize(
    ("test", "sample"),
    [
        *(("test_line_breaks_survive_or_are_refused", sample) for sample in LINE_BREAKS),
        *(("test_what_no_text_can_hold_is_refused", sample) for sample in IMPOSSIBLE_TEXTS),
    ],
)
def test_a_render_that_believes_everything_is_found_out(test: str, sample: str):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check_render(test, sample, render=render)


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
