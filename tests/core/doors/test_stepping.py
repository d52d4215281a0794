"""Sending step by step: the plugin advances only when core asks."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from offhook.api import (
    Handover,
    Message,
    Receipt,
)
from offhook.errors import PluginError
from offhook.testing import sample_message
from tests.core.doors.acme import CONNECTION, QUICK, door

MESSAGES = [sample_message("m-1"), sample_message("m-2")]


def test_the_plugin_advances_only_when_asked():
    done: list[str] = []

    def send(messages: Sequence[Message]) -> Iterator[Handover | Receipt]:
        done.append("begin")
        for message in messages:
            done.append(f"before {message.key}")
            yield Handover(message.key)
            done.append(f"act {message.key}")
            yield Receipt(message.key, "sent")
        done.append("end")

    steps = door(send=send).send(CONNECTION, MESSAGES)
    time.sleep(0.05)
    assert done == []
    assert next(steps) == Handover("m-1")
    time.sleep(0.05)
    assert done == ["begin", "before m-1"]
    assert next(steps) == Receipt("m-1", "sent")
    time.sleep(0.05)
    assert done == ["begin", "before m-1", "act m-1"]
    assert list(steps) == [Handover("m-2"), Receipt("m-2", "sent")]
    assert done[-1] == "end"


def test_closing_closes_the_plugin_in_its_own_thread():
    threads: list[str] = []

    def send() -> Iterator[Handover]:
        threads.append(threading.current_thread().name)
        try:
            yield Handover("m-1")
        finally:
            threads.append(threading.current_thread().name)

    steps = door(send=send).send(CONNECTION, MESSAGES)
    next(steps)
    steps.close()  # type: ignore[attr-defined]

    assert len(threads) == 2
    assert threads[0] == threads[1] != threading.current_thread().name


def test_closing_waits_no_longer_than_the_limit(never: Callable[[], None]):
    def send() -> Iterator[Handover]:
        try:
            yield Handover("m-1")
        finally:
            never()

    plugins = door(QUICK, send=send)
    steps = plugins.send(CONNECTION, MESSAGES)
    next(steps)

    with pytest.raises(PluginError, match="send did not answer within"):
        steps.close()  # type: ignore[attr-defined]
    assert set(plugins.hanging) == {"acme"}


def test_a_step_beyond_the_limit_is_an_error():
    waiting, closed, acts = threading.Event(), threading.Event(), []

    def send() -> Iterator[Handover]:
        try:
            yield Handover("m-1")
            waiting.wait(60)
            yield Handover("m-2")
            acts.append("m-2")
        finally:
            closed.set()

    plugins = door(QUICK, send=send)
    steps = plugins.send(CONNECTION, MESSAGES)

    assert next(steps) == Handover("m-1")
    with pytest.raises(PluginError, match=r"send did not answer within 0\.1 seconds"):
        next(steps)
    with pytest.raises(PluginError, match="it is not called again"):
        plugins.send(CONNECTION, MESSAGES)
    assert not closed.is_set()
    waiting.set()
    assert closed.wait(5), "a plugin that comes back too late is closed"
    assert acts == []


def test_a_pause_of_ours_does_not_count():
    def send() -> Iterator[Receipt]:
        yield Receipt("m-1", "sent")
        yield Receipt("m-2", "sent")

    steps = door(QUICK, send=send).send(CONNECTION, MESSAGES)
    next(steps)
    time.sleep(0.3)

    assert next(steps) == Receipt("m-2", "sent")


def test_an_exception_half_way_is_blamed_on_the_plugin():
    def send() -> Iterator[Handover]:
        yield Handover("m-1")
        raise BrokenPipeError("broken pipe")

    steps = door(send=send).send(CONNECTION, MESSAGES)

    assert next(steps) == Handover("m-1")
    with pytest.raises(PluginError, match="acme: send failed with BrokenPipeError: broken"):
        next(steps)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("sent", "send answered str instead of Handover or Receipt"),
        (Handover("m-9"), "send spoke of 'm-9'"),
        (Receipt("m-1", "perhaps"), "send answered the outcome 'perhaps'"),  # type: ignore[arg-type]
    ],
)
def test_the_wrong_step_is_an_error_and_ends_the_plugin(wrong: object, said: str):
    closed = threading.Event()

    def send() -> Iterator[object]:
        try:
            yield wrong
        finally:
            closed.set()

    with pytest.raises(PluginError, match=said):
        list(door(send=send).send(CONNECTION, MESSAGES))
    assert closed.is_set()
