"""The worker beside the server: started again when it ends, and gone when the server is."""

import asyncio
import subprocess
import sys
import time

import pytest

from offhook_server.children import keep_running
from tests.lab.processes import wait_until

WAITING = "import sys; print('up', flush=True); sys.stdin.read()"


def test_it_is_started_again_with_growing_pauses(monkeypatch):
    pauses, real = [], asyncio.sleep

    async def sleep(seconds):
        pauses.append(seconds)
        await real(0)
        if len(pauses) == 4:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    warnings = []

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(keep_running([sys.executable, "-c", "raise SystemExit(3)"], warnings.append))

    assert pauses == [1, 2, 4, 8]
    assert warnings[0] == "The worker ended with status 3; it is started again in 1 s."


def test_it_is_stopped_when_the_server_ends():
    async def run():
        command = [sys.executable, "-c", WAITING]
        task = asyncio.ensure_future(keep_running(command, print))
        await asyncio.sleep(0.5)
        started = time.monotonic()
        task.cancel()
        await asyncio.wait([task])
        return time.monotonic() - started

    assert asyncio.run(run()) < 5


def test_its_input_ends_when_the_server_is_killed(tmp_path):
    mark = tmp_path / "ended"
    child = f"import sys, pathlib; sys.stdin.read(); pathlib.Path({str(mark)!r}).touch()"
    server = (
        "import asyncio, sys; from offhook_server.children import keep_running; "
        f"asyncio.run(keep_running([sys.executable, '-c', {child!r}], print))"
    )
    running = subprocess.Popen([sys.executable, "-c", server])
    time.sleep(1.5)
    assert not mark.exists()

    running.kill()
    running.wait(5)

    assert wait_until(mark.exists, "the worker to notice", timeout=10)
