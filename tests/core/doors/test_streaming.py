"""Streaming from a plugin: constant memory, and a limit for the silence in between."""

import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from offhook.api import Finding
from offhook.doors import Limits
from offhook.errors import PluginError
from tests.core.doors.acme import CONNECTION, FINDING, QUICK, door


def test_a_million_items_pass_in_constant_memory():
    def endless() -> Iterator[Finding]:
        return (FINDING for _ in range(1_000_000))

    plugins = door(diagnose=endless)
    tracemalloc.start()
    count = sum(1 for _ in plugins.diagnose(CONNECTION))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 1_000_000
    assert peak < 500_000


def test_the_plugin_does_not_run_far_ahead():
    made = 0

    def count() -> Iterator[Finding]:
        nonlocal made
        for _ in range(100_000):
            made += 1
            yield FINDING

    findings = door(diagnose=count).diagnose(CONNECTION)
    next(findings)
    time.sleep(0.2)

    assert made <= 2_500


def test_slow_items_come_one_by_one_and_do_not_count_as_silence():
    def slow() -> Iterator[Finding]:
        for _ in range(3):
            time.sleep(0.6)
            yield FINDING

    started = time.monotonic()
    findings = door(Limits(stream=1.0), diagnose=slow).diagnose(CONNECTION)

    assert next(findings) == FINDING
    assert time.monotonic() - started < 1.1
    assert len(list(findings)) == 2


def test_silence_beyond_the_limit_is_an_error(never: Callable[[], None]):
    def stuck() -> Iterator[Finding]:
        yield FINDING
        never()

    plugins = door(QUICK, diagnose=stuck)

    with pytest.raises(PluginError, match="diagnose did not answer within"):
        list(plugins.diagnose(CONNECTION))
    assert set(plugins.hanging) == {"acme"}


def test_an_exception_half_way_comes_after_what_was_found():
    def half() -> Iterator[Finding]:
        yield from [FINDING] * 600
        raise ConnectionResetError("reset by peer")

    seen = []
    with pytest.raises(PluginError, match="acme: diagnose failed with ConnectionResetError"):
        seen.extend(door(diagnose=half).diagnose(CONNECTION))
    assert len(seen) == 600


def test_the_wrong_item_is_an_error():
    with pytest.raises(PluginError, match="diagnose answered str instead of Finding"):
        list(door(diagnose=lambda: ["fine"]).diagnose(CONNECTION))


def test_an_answer_that_is_no_list_is_an_error():
    with pytest.raises(PluginError, match="diagnose failed with TypeError"):
        list(door(diagnose=lambda: 3).diagnose(CONNECTION))


def test_ending_early_ends_the_plugin_too():
    closed = threading.Event()

    def endless() -> Iterator[Finding]:
        try:
            while True:
                yield FINDING
        finally:
            closed.set()

    findings = door(diagnose=endless).diagnose(CONNECTION)
    next(findings)
    findings.close()  # type: ignore[attr-defined]

    assert closed.wait(5)
