"""The application: signed requests of deployment servers below /v1, and what clients ask for."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

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
from offhook_redirector.servers import Servers
from offhook_redirector.settings import RedirectSettings
from offhook_redirector.store import Store
from offhook_server import html
from offhook_server.downloads import healthz
from offhook_server.guesses import Guesses
from offhook_server.headers import SafeHeaders

LARGEST_BODY = 16_384
LARGEST_MAIL = 2 * 2**20  # of the request: the mail in base64 is a third larger than itself
_FORGETTING = 60.0  # seconds between two rounds


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

    async def readyz(_request: Request) -> Response:
        """Say whether the database answers; where it does not, the error handler does."""
        await run_in_threadpool(store.check)
        return PlainTextResponse("ready\n")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        forgetting = asyncio.create_task(_keep_forgetting(store, now))
        yield
        forgetting.cancel()
        with suppress(asyncio.CancelledError):
            await forgetting

    return Starlette(
        routes=[
            *_for_servers(servers),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/style.css", html.style),
            Route("/{route}/c/{token}", pages.client),
            Route("/{route}/d/{token}", pages.person),
            Route("/{rest:path}", pages.missing),
        ],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={
            Problem: problems.tell,
            HTTPException: problems.tell_http,
            OffhookError: problems.tell_unavailable,
            Exception: problems.tell_unavailable,
        },
        lifespan=lifespan,
    )


def _for_servers(servers: Servers) -> list[Route]:
    posts = {
        "/v1/routes": (servers.open_route, LARGEST_BODY),
        "/v1/probes": (servers.probe, LARGEST_BODY),
        "/v1/mails": (servers.send_mail, LARGEST_MAIL),
    }
    return [
        Route("/v1/me", servers.signed(servers.me), max_body_size=LARGEST_BODY),
        *(
            Route(path, servers.signed(answer), methods=["POST"], max_body_size=largest)
            for path, (answer, largest) in posts.items()
        ),
    ]


async def _keep_forgetting(store: Store, now: Callable[[], datetime]) -> None:
    """Delete what has expired, now and then; where the database is away, the next time."""
    while True:
        try:
            await run_in_threadpool(store.forget, now=now())
        except OffhookError as error:
            logs.warn(error.whole)
        await asyncio.sleep(_FORGETTING)
