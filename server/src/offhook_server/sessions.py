"""Who is logged in to the portal: cookies, the login, its limits, and where a POST comes from."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from offhook.api import InvalidInput, Secret
from offhook.app import App
from offhook.model.admins import Admin
from offhook.provisioning import admins
from offhook_server import html, logs
from offhook_server.asking import address_of
from offhook_server.guesses import Guesses

COOKIE = "__Host-offhook"
_HASHING_AT_ONCE = 2  # each takes 64 MiB and a core for a tenth of a second

Endpoint = Callable[[Request], Awaitable[Response]]


class OwnPostsOnly:
    """Refuses a POST that another site made the browser send."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is ours."""
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            request = Request(scope)
            if not _is_own(request):
                await PlainTextResponse("Refused: sent by another site.\n", 403)(
                    scope, receive, send
                )
                return
        await self._app(scope, receive, send)


class Sessions:
    """Logs administrators in and out, and guards pages."""

    def __init__(self, app: App, guesses: Guesses) -> None:
        self._app = app
        self._guesses = guesses
        self._hashing = asyncio.Semaphore(_HASHING_AT_ONCE)

    def guard(self, endpoint: Endpoint) -> Endpoint:
        """Let only administrators in; those with a one-time password must change it first."""

        @wraps(endpoint)
        async def guarded(request: Request) -> Response:
            admin = await self._who(request)
            if not admin:
                return RedirectResponse("/login", 303)
            if admin.one_time and request.url.path not in ("/password", "/logout"):
                return RedirectResponse("/password", 303)
            request.state.admin = admin
            return await endpoint(request)

        return guarded

    async def log_in(self, request: Request) -> Response:
        """Show the form, and log in."""
        if request.method != "POST":
            return html.page("login", problem="")
        if self._guesses.blocked(address_of(request)):
            return html.page("login", 429, problem="Too many wrong passwords. Wait some minutes.")
        form = await request.form()
        name, password = str(form.get("name", "")), Secret(str(form.get("password", "")))
        async with self._hashing:
            session = await run_in_threadpool(
                admins.log_in, self._app.store, name, password, now=self._app.now()
            )
        if not session:
            self._guesses.count(address_of(request))
            logs.note(request, "/login", 401, "wrong-password")
            return html.page("login", 401, problem="Name or password is not right.")
        logs.note(request, "/login", 303)
        return _with_session(session)

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        await run_in_threadpool(admins.log_out, self._app.store, request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return answer

    async def change_password(self, request: Request) -> Response:
        """Show the form, and change the password."""
        admin: Admin = request.state.admin
        if request.method != "POST":
            return html.page("password", admin=admin, problems=())
        if self._guesses.blocked(address_of(request)):
            return html.page("password", 429, admin=admin, problems=("Wait some minutes.",))
        form = await request.form()
        old, new = (Secret(str(form.get(name, ""))) for name in ("old", "new"))
        if not new.matches(str(form.get("again", ""))):
            return html.page("password", 400, admin=admin, problems=("The new ones differ.",))
        try:
            async with self._hashing:
                session = await run_in_threadpool(
                    admins.change_password, self._app.store, admin, old, new, now=self._app.now()
                )
        except InvalidInput as error:
            self._guesses.count(address_of(request))
            return html.page("password", 400, admin=admin, problems=error.problems)
        return _with_session(session)

    async def _who(self, request: Request) -> Admin | None:
        session = request.cookies.get(COOKIE, "")
        if not session:
            return None
        return await run_in_threadpool(admins.who, self._app.store, session, now=self._app.now())


def _with_session(session: Secret) -> Response:
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        COOKIE,
        session.reveal(),
        max_age=int(admins.SESSION_LIFE.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return answer


def _is_own(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site:
        return site == "same-origin"
    return urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host", "-")
