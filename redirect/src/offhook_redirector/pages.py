"""What clients and persons get at a route: where to go on, or one same page for all that fails."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from offhook.api import ClientFormat
from offhook.formats import at_host
from offhook_redirector import logs
from offhook_redirector.store import Route, Store
from offhook_server.asking import address_of
from offhook_server.clients import OWN_FORMAT, OWN_TYPE
from offhook_server.guesses import Guesses

# What of a path can be a token: those of deployments, grants and devices, typed in any way.
_TOKEN = re.compile(r"[A-Za-z0-9_~.-]{1,128}")
_ROUTE = re.compile(r"[A-Za-z0-9_-]{22}")
_templates = Environment(
    loader=PackageLoader("offhook_redirector"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Pages:
    """Answers at routes; who asks for many that are not there has to wait."""

    def __init__(
        self,
        store: Store,
        formats: Mapping[str, ClientFormat],
        guesses: Guesses,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._formats = formats
        self._guesses = guesses
        self._now = now

    async def client(self, request: Request) -> Response:
        """Tell a client where its configuration is; a browser is shown the page for persons."""
        if "text/html" in request.headers.get("accept", ""):
            return await self.person(request)
        route = await self._find(request)
        if not route:
            return self._missing(request)
        logs.note(request, 200)
        return self._document(request, route)

    async def person(self, request: Request) -> Response:
        """Show a person's browser the way."""
        route = await self._find(request)
        if not route:
            return self._missing(request)
        logs.note(request, 200)
        address = f"{_place(route)}/d/{request.path_params['token']}"
        return _page("forward", 200, address=address, host=route.host)

    async def missing(self, request: Request) -> Response:
        """Answer everything else below a route, and what is no route."""
        return self._missing(request)

    async def _find(self, request: Request) -> Route | None:
        wanted, token = request.path_params["route"], request.path_params["token"]
        if not _ROUTE.fullmatch(wanted) or not _TOKEN.fullmatch(token):
            return None
        if self._guesses.blocked(address_of(request)):
            return None
        return await run_in_threadpool(self._store.route, wanted, now=self._now())

    def _missing(self, request: Request) -> Response:
        address = address_of(request)
        blocked = self._guesses.blocked(address)
        self._guesses.count(address)
        logs.note(request, 429 if blocked else 404)
        page = _page("missing", 429 if blocked else 404)
        if blocked:
            page.headers["retry-after"] = "60"
        return page

    def _document(self, request: Request, route: Route) -> Response:
        """Answer in the client's own format; in offhook's to who asks for it, and to all others."""
        address = f"{_place(route)}/c/{request.path_params['token']}"
        asks_own = OWN_TYPE in request.headers.get("accept", "")
        for name in (OWN_FORMAT,) if asks_own else (route.format, OWN_FORMAT):
            wanted = self._formats.get(name)
            if wanted and wanted.next_document:
                return Response(wanted.next_document(address), media_type=wanted.content_type)
        return self._missing(request)


def _page(name: str, status: int, **context: str) -> HTMLResponse:
    return HTMLResponse(_templates.get_template(f"{name}.html").render(context), status)


def _place(route: Route) -> str:
    return f"https://{at_host(route.host, 0 if route.port == 443 else route.port)}"
