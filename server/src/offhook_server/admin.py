"""The portal: administrators look at users, what stands in their way, profiles, connections."""

from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from offhook.api import OffhookError
from offhook.app import App
from offhook.diagnostics import explain
from offhook.errors import UnknownName
from offhook.model.users import Selection
from offhook.provisioning import overview
from offhook_server import html, logs
from offhook_server.connections import ConnectionPages
from offhook_server.downloads import LARGEST_BODY, healthz, without_head
from offhook_server.guesses import Guesses
from offhook_server.headers import SafeHeaders
from offhook_server.profiles import LARGEST_FORM, ProfilePages
from offhook_server.sessions import OwnPostsOnly, Sessions

PAGE_SIZE = 50
COLUMNS = {
    "last_name": "Name",
    "number": "Number",
    "profile": "Profile",
    "deployed": "Deployed",
    "downloaded": "Downloaded",
}


def create(app: App, guesses: Guesses | None = None) -> Starlette:
    """Return the portal of *app*; *guesses* limits wrong passwords."""
    sessions = Sessions(app, guesses or Guesses(most=10, seconds=300))
    return Starlette(
        routes=[
            *_pages(app, sessions),
            Route("/login", sessions.log_in, methods=["GET", "POST"]),
            Route("/healthz", healthz),
            Route("/style.css", html.style),
        ],
        middleware=[Middleware(SafeHeaders), Middleware(OwnPostsOnly)],
        exception_handlers={
            HTTPException: _http_error,
            OffhookError: _unavailable,
            Exception: _failure,
        },
        max_body_size=LARGEST_BODY,
    )


def _pages(app: App, sessions: Sessions) -> list[Route]:
    """Return what is for administrators who have logged in, and what other systems bring."""
    portal, connections = Portal(app), ConnectionPages(app, Guesses())
    profiles, guard = ProfilePages(app), sessions.guard
    both = ["GET", "POST"]
    return [
        Route("/", guard(portal.users)),
        Route("/users/{id}", guard(portal.user)),
        Route("/profiles", guard(profiles.show_all)),
        Route(
            "/profiles/{name:path}", guard(profiles.edit), methods=both, max_body_size=LARGEST_FORM
        ),
        Route("/connections", guard(connections.show)),
        Route("/connections/{name}/authorize", guard(connections.authorize), methods=["POST"]),
        without_head("/authorized", connections.hear_approver, "GET"),
        Route("/logout", guard(sessions.log_out), methods=["POST"]),
        Route("/password", guard(sessions.change_password), methods=both),
        Route("/readyz", portal.readyz),
    ]


class Portal:
    """The pages about users, read-only; what they show is asked off the event loop."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def users(self, request: Request) -> Response:
        """List users: searched, sorted, page by page."""
        asked = request.query_params
        here = _read_query(asked)
        listed = await run_in_threadpool(
            overview.list_users,
            self._app.store,
            Selection(search=here["q"]),
            sort=here["sort"],
            descending=here["order"] == "down",
            after=asked.get("after", ""),
            limit=PAGE_SIZE,
        )
        return html.page(
            "users",
            admin=request.state.admin,
            listed=listed,
            now=self._app.now(),
            here=here,
            heads=[_head(name, label, here) for name, label in COLUMNS.items()],
            next_page=_link(here, after=listed.page.next) if listed.page.next else "",
            first_page=_link(here) if "after" in asked else "",
        )

    async def user(self, request: Request) -> Response:
        """Show one user: what happened, what stands in the way, what to do."""
        try:
            explained = await run_in_threadpool(
                explain.explain,
                self._app.store,
                self._app.plugins,
                request.path_params["id"],
                now=self._app.now(),
            )
        except UnknownName:
            raise HTTPException(404) from None
        if not explained.user:
            raise HTTPException(404)
        deployments = await run_in_threadpool(
            overview.deployments_of, self._app.store, explained.user.id
        )
        return html.page(
            "user",
            admin=request.state.admin,
            user=explained.user,
            explained=explained,
            deployments=deployments,
            now=self._app.now(),
        )

    async def readyz(self, _request: Request) -> Response:
        """Say whether requests can be answered: the database answers."""
        try:
            await run_in_threadpool(overview.check_ready, self._app.store)
        except OffhookError:
            return PlainTextResponse("database unreachable\n", 503)
        return PlainTextResponse("ready\n")


def _read_query(asked: QueryParams) -> dict[str, str]:
    """Return search, column and order of the list; what makes no sense is left out."""
    sort = asked.get("sort", "")
    return {
        "q": asked.get("q", "").strip()[:200],
        "sort": sort if sort in COLUMNS else "last_name",
        "order": "down" if asked.get("order") == "down" else "up",
    }


def _head(name: str, label: str, here: dict[str, str]) -> dict[str, str]:
    """Return a column's head: its link sorts by it, or the other way round where it does."""
    sorted_here = here["sort"] == name
    down = sorted_here and here["order"] == "up"
    order = "down" if down else "up"
    return {
        "label": label,
        "link": _link({**here, "sort": name, "order": order}),
        "sorted": ("descending" if here["order"] == "down" else "ascending") if sorted_here else "",
    }


def _link(here: dict[str, str], **more: str) -> str:
    return "/?" + urlencode({name: text for name, text in (here | more).items() if text})


async def _http_error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    page = html.page("portal_error", status, code=status)
    page.headers.update(getattr(error, "headers", None) or {})
    return page


async def _unavailable(request: Request, error: Exception) -> Response:
    logs.warn(str(error))
    return await _failure(request, error)


async def _failure(_request: Request, _error: Exception) -> Response:
    return html.page("portal_error", 503, code=503)
