"""Waiting for a component ends, and says what it waited for."""

import sys
from pathlib import Path

import pytest

from tests.lab.processes import LabError, Process, free_port, listens, wait_until


def test_a_wait_ends_and_says_what_for() -> None:
    with pytest.raises(LabError, match=r"waited 0\.1 s in vain for the moon\nno rocket"):
        wait_until(lambda: False, "the moon", timeout=0.1, detail=lambda: "no rocket")


def test_a_process_that_dies_shows_the_end_of_its_log(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", "exit('no licence')"], log=tmp_path / "log")
    with pytest.raises(LabError, match=r"ended with status 1 before it sang\nno licence"):
        process.wait_until(lambda: False, "it sang")


def test_a_process_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True)"
    process = Process([sys.executable, "-c", deaf + "; time.sleep(60)"], log=tmp_path / "log")
    process.wait_until(lambda: "deaf" in process.tail(), "it to be deaf")

    process.stop(timeout=0.1)

    assert not process.running


def test_a_free_port_is_free() -> None:
    assert not listens(free_port())
