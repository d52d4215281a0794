"""The kit finds what is wrong with a client format: each test of the contract can fail."""

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from offhook.api import ClientRequest, Lost, Refusal, RenderedConfig, Sign
from offhook.doors import Plugins
from offhook.testing import sample_document
from offhook.testing.samples import HOSTILE_TEXTS, IMPOSSIBLE_TEXTS, LINE_BREAKS
from tests.core.paper_plugin import FORMAT, check_format, check_render, contract, paper, render


@pytest.mark.parametrize(
    ("test", "changes"),
    [
        ("test_its_deep_links_carry_the_token", {"deep_link": lambda _: "acme:"}),
        (
            "test_who_is_sent_elsewhere_is_told_the_address",
            {"next_document": lambda _: b"https://phones.example.org"},
        ),
        ("test_who_is_sent_elsewhere_is_told_the_address", {"follows": True}),
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
        Path(os.devnull).open()  # noqa: SIM115  it is noted, never opened
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


def test_an_account_that_stays_when_it_should_go_is_found_out():
    def keeping(document: Any, device: Any) -> RenderedConfig:
        return paper(f"{device.url.reveal()}\n2002\nof-the-other\nAna Ruiz")

    check_render("test_what_takes_an_account_away_is_none", render=render)
    with pytest.raises(AssertionError):
        check_render("test_what_takes_an_account_away_is_none", render=keeping)


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
