"""Keeps the worker running beside the server: started again when it ends, stopped at the end."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from time import monotonic

LONGEST_PAUSE = 60.0
_SETTLED = 60.0  # seconds after which a start counts as a good one
_PATIENCE = 20.0


async def keep_running(command: Sequence[str], warn: Callable[[str], None]) -> None:
    """
    Run *command* until this task is cancelled; start it again, with growing pauses, when it ends.

    Its standard input is a pipe that closes when this process dies, however it dies.
    """
    pause = 1.0
    while True:
        started = monotonic()
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, start_new_session=True)
        try:
            status = await process.wait()
        finally:
            await _stop(process)
        pause = 1.0 if monotonic() - started > _SETTLED else pause
        warn(f"The worker ended with status {status}; it is started again in {pause:g} s.")
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _stop(process: Process) -> None:
    """Ask it to end, and make it end after a while."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()
