"""Two servers in one process, the worker beside them, and a clean end for all."""

import asyncio
import contextlib
import gc
import signal
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

import uvicorn
import uvloop
from attrs import frozen
from starlette.types import ASGIApp

from offhook_server.children import keep_running

_PATIENCE = 10  # seconds that answers in flight get at the end
_GARBAGE = (20_000, 20, 20)  # a batch of downloads alone makes some thousand objects


Warn = Callable[[str], None]


@frozen
class Listener:
    """An application and the socket that it is served on."""

    app: ASGIApp
    socket: socket.socket


class _Server(uvicorn.Server):
    """A server that leaves signals to us: there are two of them in this process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(
    listeners: Sequence[Listener],
    tls: ssl.SSLContext | None,
    worker: Sequence[str],
    follow: Callable[[Warn], Coroutine[Any, Any, None]],
    warn: Warn,
) -> None:
    """
    Serve until SIGINT or SIGTERM; *worker* is the command to keep running, empty for none.

    *follow* is done all the while: it looks after *tls*.
    """
    gc.freeze()  # what is loaded by now stays: looking through it again holds up every request
    gc.set_threshold(*_GARBAGE)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        beside = [follow(warn)] if tls else []
        beside += [keep_running(worker, warn)] if worker else []
        runner.run(_serve(listeners, tls, beside))


async def _serve(
    listeners: Sequence[Listener],
    tls: ssl.SSLContext | None,
    beside: Sequence[Coroutine[Any, Any, None]],
) -> None:
    servers = [_Server(_config(each.app, tls)) for each in listeners]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, servers)
    tasks = [loop.create_task(each) for each in beside]
    try:
        await asyncio.gather(
            *(
                server.serve(sockets=[each.socket])
                for server, each in zip(servers, listeners, strict=True)
            )
        )
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _stop(servers: Sequence[uvicorn.Server]) -> None:
    """End after the answers in flight; asked twice, at once."""
    for server in servers:
        server.force_exit = server.should_exit
        server.should_exit = True


def _config(app: ASGIApp, tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
        timeout_graceful_shutdown=_PATIENCE,
    )
