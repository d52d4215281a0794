"""The application: signed requests of deployment servers below /v1, and what clients ask for."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from offhook.api import ClientFormat, OffhookError
from offhook_redirector import logs, problems
from offhook_redirector.pages import Pages
from offhook_redirector.problems import Problem
from offhook_redirector.proofs import Proofs
from offhook_redirector.servers import LARGEST_MAIL, Servers
from offhook_redirector.settings import RedirectSettings
from offhook_redirector.store import Store
from offhook_server import html
from offhook_server.downloads import healthz
from offhook_server.guesses import Guesses
from offhook_server.headers import SafeHeaders

_EVERY = 60.0  # seconds between two rounds


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create(
    store: Store,
    settings: RedirectSettings,
    formats: Mapping[str, ClientFormat],
    *,
    ca: str = "",
    allow_loopback: bool = False,
    now: Callable[[], datetime] = _utc_now,
    guesses: Guesses | None = None,
) -> Starlette:
    """
    Return the application; *guesses* limits how many routes one address may try in vain.

    *ca* is PEM text of the authorities of servers, instead of this machine's. With
    *allow_loopback*, for tests only, hosts may be on this machine.
    """
    proofs = Proofs(now, ca=ca, allow_loopback=allow_loopback)
    servers = Servers(store, settings, proofs, now, ca=ca, allow_loopback=allow_loopback)
    pages = Pages(store, formats, guesses or Guesses(), now)
    return Starlette(
        routes=[*_for_servers(servers), *_for_watchers(store), *_for_clients(pages)],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={
            Problem: problems.tell,
            HTTPException: problems.tell_http,
            OffhookError: problems.tell_unavailable,
            Exception: problems.tell_unavailable,
        },
        lifespan=partial(_lifespan, servers, store, now),
    )


def _for_servers(servers: Servers) -> list[Route]:
    mails = servers.signed(servers.send_mail, LARGEST_MAIL)
    return [
        Route("/v1/me", servers.signed(servers.me)),
        Route("/v1/routes", servers.signed(servers.open_route), methods=["POST"]),
        Route("/v1/probes", servers.signed(servers.probe), methods=["POST"]),
        Route("/v1/mails", mails, methods=["POST"]),
    ]


def _for_watchers(store: Store) -> list[Route]:
    async def readyz(_request: Request) -> Response:
        """Say whether the database answers; where it does not, the error handler does."""
        await run_in_threadpool(store.check)
        return PlainTextResponse("ready\n")

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _for_clients(pages: Pages) -> list[Route]:
    return [
        Route("/style.css", html.style),
        Route("/{route}/c/{token}", pages.client),
        Route("/{route}/d/{token}", pages.person),
        Route("/{rest:path}", pages.missing),
    ]


@asynccontextmanager
async def _lifespan(
    servers: Servers, store: Store, now: Callable[[], datetime], _app: Starlette
) -> AsyncIterator[None]:
    task = asyncio.create_task(_keep_forgetting(store, now))
    yield
    servers.close()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _keep_forgetting(store: Store, now: Callable[[], datetime]) -> None:
    """Delete what has expired, now and then; where the database is away, the next time."""
    while True:
        try:
            await run_in_threadpool(store.forget, now=now())
        except OffhookError as error:
            logs.warn(error.whole)
        await asyncio.sleep(_EVERY)
