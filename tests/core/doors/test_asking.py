"""Asking a plugin for one answer, and what becomes of those that misbehave."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from offhook.api import (
    RenderedConfig,
    Secret,
    Unreachable,
)
from offhook.doors import calling
from offhook.errors import PluginError
from offhook.testing import sample_device, sample_document
from tests.core.doors.acme import CONNECTION, QUICK, Options, door, render, rendering


def test_the_answer_comes_back():
    assert door(options_class=lambda: Options).options_class("acme") is Options


def test_a_hook_gets_only_the_arguments_it_names():
    def by_number(document: Any) -> RenderedConfig:
        return RenderedConfig(body=document.number.encode(), content_type="text/plain")

    assert render(rendering(by_number)).body == b"2001"


def test_of_many_documents_each_is_answered_or_fails_by_itself():
    def picky(document: Any) -> RenderedConfig | str:
        if document.number == "2002":
            raise ZeroDivisionError("division by zero")
        if document.number == "2003":
            return "no configuration"
        return RenderedConfig(body=document.number.encode(), content_type="text/plain")

    asked = [(sample_document(number=str(number)), sample_device()) for number in range(2001, 2005)]
    first, failed, wrong, last = rendering(picky).render_all("paper", asked)

    assert (first.body, last.body) == (b"2001", b"2004")
    assert "failed with ZeroDivisionError" in str(failed)
    assert "answered str instead of RenderedConfig" in str(wrong)


def test_it_runs_in_a_daemon_thread_of_its_own():
    seen: list[threading.Thread] = []

    def note() -> RenderedConfig:
        seen.append(threading.current_thread())
        return RenderedConfig(body=b"", content_type="text/plain")

    render(rendering(note))

    assert seen[0] is not threading.current_thread()
    assert seen[0].daemon


def test_a_stray_exception_names_plugin_and_hook():
    def broken() -> None:
        raise ZeroDivisionError("division by zero")

    with pytest.raises(PluginError, match="Plugin acme: render failed with ZeroDiv") as caught:
        render(rendering(broken))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value.plugin == "acme"


def test_a_plugin_that_exits_ends_only_its_call():
    def leave() -> None:
        raise SystemExit(3)

    plugins = rendering(leave)

    for _ in range(2):
        with pytest.raises(PluginError, match="render failed with SystemExit: 3"):
            render(plugins)


def test_an_error_of_offhook_passes():
    def away() -> None:
        raise Unreachable("pbx.example.org does not answer.")

    with pytest.raises(Unreachable, match=r"^pbx\.example\.org does not answer\.$"):
        render(rendering(away))


def test_a_missing_hook_is_an_error():
    plugins = door(options_class=lambda: Options)

    assert not plugins.implements("acme", "diagnose")
    with pytest.raises(PluginError, match="Plugin acme: it does not implement diagnose"):
        plugins.diagnose(CONNECTION)


def test_no_answer_is_an_error():
    with pytest.raises(PluginError, match="Plugin acme: render answered nothing"):
        render(rendering(lambda: None))


@pytest.mark.parametrize("wrong", [b"bytes", RenderedConfig(body="text", content_type="x")])  # type: ignore[arg-type]
def test_an_answer_of_the_wrong_type_is_an_error(wrong: object):
    with pytest.raises(PluginError, match=r"render answered (bytes|str) instead of"):
        render(rendering(lambda: wrong))


@pytest.mark.parametrize("wrong", [Options(host="x", password=Secret("x")), dict, object])
def test_options_must_be_described(wrong: object):
    with pytest.raises(PluginError, match="Plugin acme: options_class answered"):
        door(options_class=lambda: wrong).options_class("acme")


def test_a_hanging_plugin_is_left_and_not_called_again(never: Callable[[], None]):
    calls: list[str] = []

    def hang() -> None:
        calls.append("render")
        never()

    plugins = rendering(hang, QUICK)

    with pytest.raises(PluginError, match=r"acme: render did not answer within 0\.1 seconds"):
        render(plugins)
    with pytest.raises(PluginError, match="it is not called again"):
        render(plugins)
    assert calls == ["render"]
    assert plugins.hanging == {"acme": "render did not answer within 0.1 seconds"}
    assert plugins.describe("acme").hanging == plugins.hanging["acme"]


def test_many_callers_at_once_get_their_own_answers():
    def slow(document: Any) -> RenderedConfig:
        time.sleep(0.01)
        return RenderedConfig(body=document.number.encode(), content_type="text/plain")

    plugins = rendering(slow)
    answers: dict[str, bytes] = {}

    def ask(number: str) -> None:
        document = sample_document(number=number)
        answers[number] = plugins.render("paper", document, sample_device()).body

    threads = [threading.Thread(target=ask, args=(str(number),)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {str(number): str(number).encode() for number in range(20)}


def test_idle_threads_end_by_themselves(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calling, "IDLE_SECONDS", 0.02)
    others = set(threading.enumerate())
    plugins = door(options_class=lambda: Options)

    for _ in range(20):
        plugins.options_class("acme")
        time.sleep(0.02)  # just when they end, so that some are asked at that very moment
    mine = set(threading.enumerate()) - others
    for thread in mine:
        thread.join(5)

    assert not any(thread.is_alive() for thread in mine)
    assert plugins.options_class("acme") is Options
