"""The application that faces the internet: it is handed functions and cannot reach a PBX."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from offhook.api import OffhookError
from offhook_server import html, logs
from offhook_server.asking import Steps
from offhook_server.clients import Clients
from offhook_server.guesses import Guesses
from offhook_server.headers import SafeHeaders
from offhook_server.logfiles import LARGEST_LOG, LogFiles
from offhook_server.persons import Persons

LARGEST_BODY = 16_384


def create(steps: Steps, guesses: Guesses | None = None) -> Starlette:
    """Return the application; *guesses* limits what one address may try."""
    persons = Persons(steps, guesses or Guesses())
    clients = Clients(steps, persons)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await clients.close()

    return Starlette(
        routes=[
            *_routes(clients, persons, LogFiles(steps)),
            Route("/.well-known/offhook", _naming(steps.public_keys)),
        ],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={
            HTTPException: _http_error,
            OffhookError: _unavailable,
            Exception: _failure,
        },
        lifespan=lifespan,
    )


def _routes(clients: Clients, persons: Persons, log_files: LogFiles) -> list[Route]:
    return [
        without_head("/c/{token}", clients.fetch, "GET"),
        without_head("/r/{token}", clients.refresh, "GET"),
        without_head("/f/{format}", clients.sign_in, "GET", "POST"),
        Route(
            "/l/{token}",
            log_files.receive,
            methods=["POST", "PUT"],
            max_body_size=LARGEST_LOG,
        ),
        Route("/d", persons.ask_token, methods=["GET", "POST"], max_body_size=LARGEST_BODY),
        Route("/d/{token}", persons.show),
        Route(
            "/d/{token}/pin",
            persons.enter_pin,
            methods=["POST"],
            max_body_size=LARGEST_BODY,
        ),
        Route("/healthz", healthz),
        Route("/style.css", html.style),
    ]


def _naming(public_keys: Callable[[], Sequence[str]]) -> Callable[[Request], Awaitable[Response]]:
    async def name_keys(_request: Request) -> Response:
        """Say by which keys redirect services know this installation: the host is its own."""
        keys = await run_in_threadpool(public_keys)
        if not keys:
            raise HTTPException(404)
        return PlainTextResponse("".join(f"{key}\n" for key in keys))

    return name_keys


async def healthz(_request: Request) -> Response:
    """Say that this process answers."""
    return Response("ok\n", media_type="text/plain")


async def _http_error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    page = html.refusal(status)
    page.headers.update(getattr(error, "headers", None) or {})
    return page


async def _unavailable(_request: Request, error: Exception) -> Response:
    """Answer while something that we need is away, such as the database."""
    logs.warn(str(error))
    return html.refusal(503)


async def _failure(_request: Request, _error: Exception) -> Response:
    """Answer as if too busy; the error itself goes to the log."""
    return html.refusal(503)


def without_head(path: str, endpoint: Callable[[Request], object], *methods: str) -> Route:
    """Return a route that HEAD is refused at: whoever asks there has used something up."""
    limit = LARGEST_BODY if "POST" in methods else None  # not on the hot path
    route = Route(path, endpoint, methods=list(methods), max_body_size=limit)
    route.methods = set(methods)
    return route
