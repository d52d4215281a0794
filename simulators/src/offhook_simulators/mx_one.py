"""An MX-ONE Provisioning Manager: its web interface as far as it is known, with faults to order."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

import jwt
from attrs import Factory, define
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from offhook_simulators.mx_one_data import (
    ADMINISTRATOR,
    LENGTHS,
    PASSWORD,
    ROLES,
    StoredCode,
    admits,
    extension_at,
    number_of,
    user_at,
)
from offhook_simulators.mx_one_tokens import Tokens

OPERATOR = "operator"
_LARGEST_PAGE = 1000
Handler = Callable[[Request], Awaitable[Response]]


@define(kw_only=True)
class Faults:
    """
    What goes wrong; pages are counted from 0, -1 being none.

    ``revoke_at_page`` ends all tokens, once, when that page of users is asked for. ``changes`` are
    other values of users, by index. ``refused`` maps extensions to the error that their codes get.
    ``requests_per_second`` 0 is any number, ``seconds_per_page`` a pause before each page.
    """

    revoke_at_page: int = -1
    truncated_page: int = -1
    failing_page: int = -1
    foreign_page: int = -1
    seconds_per_page: float = 0
    requests_per_second: int = 0
    changes: Mapping[int, Mapping[str, Any]] = Factory(dict)
    refused: Mapping[str, str] = Factory(dict)


class MxOne:
    """
    A system with *users* users and one administrator; ``app`` is its web interface.

    ``calls`` counts requests by name, ``codes`` is what was pushed. ``before`` is called with the
    name of every request, before it is answered.
    """

    def __init__(
        self,
        users: int = 100,
        *,
        faults: Faults | None = None,
        clock: Any = lambda: datetime.now(UTC),
    ) -> None:
        self.users, self.faults, self._clock = users, faults or Faults(), clock
        self.tokens = Tokens(clock)
        self.calls: Counter[str] = Counter()
        self.codes: dict[str, StoredCode] = {}
        self.before: Callable[[str], None] = lambda name: None
        self._second, self._in_second = -1, 0
        self._indices = {number_of(index): index for index in range(users)}
        self.app = Starlette(routes=self._routes())

    def admits(self, number: str, password: str) -> bool:
        """Tell whether a phone could register as *number* with *password*."""
        return number in self.codes and admits(self.codes[number], number, password)

    def _routes(self) -> list[Route]:
        pm = "/pm-extension-ms"
        return [
            self._route("login", "POST", "/auth/login", self._log_in),
            self._route("refresh", "POST", "/auth/refresh", self._refresh),
            self._route(
                "roles", "GET", "/user-ms/micollab/fetchRoles", self._roles, who=ADMINISTRATOR
            ),
            self._route("users", "GET", "/user-ms/users/v1", self._users, who="*"),
            self._route("extensions", "GET", f"{pm}/pm-extension/v1", self._extensions, who="*"),
            self._route(
                "auth-code", "POST", f"{pm}/auth-code/v1", self._set_code, who=ADMINISTRATOR
            ),
        ]

    def _route(self, name: str, method: str, path: str, handler: Handler, who: str = "") -> Route:
        async def answer(request: Request) -> Response:
            self.calls[name] += 1
            self.before(name)
            response = self._stop(request, who) or await handler(request)
            response.headers["Date"] = format_datetime(self._clock(), usegmt=True)
            return response

        return Route(path, answer, methods=[method])

    def _stop(self, request: Request, who: str) -> Response | None:
        """Return the error for a request that is one too many, or that *who* may not make."""
        if self._too_many():
            return _error(429, "PM-0429", "Too many requests", {"Retry-After": "1"})
        if not who:
            return None
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            user = self.tokens.user_of(token if kind == "Bearer" else "")
        except jwt.InvalidTokenError as error:
            return _error(401, "PM-0401", f"Invalid token: {error}")
        if who == ADMINISTRATOR != user:
            return _error(403, "PM-0403", f"{user} is no administrator")
        return None

    def _too_many(self) -> bool:
        second = int(self._clock().timestamp())
        self._in_second = self._in_second + 1 if second == self._second else 1
        self._second = second
        return 0 < self.faults.requests_per_second < self._in_second

    async def _log_in(self, request: Request) -> Response:
        given = await _body(request)
        if (
            given.get("username") not in {ADMINISTRATOR, OPERATOR}
            or given.get("password") != PASSWORD
        ):
            return _error(401, "PM-0001", "Wrong user name or password")
        about = {"version": "8.0", "build": "8.0.0.0", "brand": "Simulator"}
        return JSONResponse({**self.tokens.issue(given["username"]), **about})

    async def _refresh(self, request: Request) -> Response:
        try:
            user = self.tokens.spend(str((await _body(request)).get("refreshToken")))
        except jwt.InvalidTokenError as error:
            return _error(401, "PM-0402", f"Invalid refresh token: {error}")
        return JSONResponse(self.tokens.issue(user))

    async def _roles(self, request: Request) -> Response:
        return JSONResponse([{"roles": list(ROLES), "idsConnection": False}])

    async def _users(self, request: Request) -> Response:
        page, faults = int(request.query_params.get("page", "0")), self.faults
        await asyncio.sleep(faults.seconds_per_page)
        if page == faults.revoke_at_page:
            faults.revoke_at_page = -1
            self.tokens.revoke()
            return _error(401, "PM-0401", "Invalid token: Signature has expired")
        if page == faults.failing_page:
            return _error(500, "PM-0500", "The database does not answer")
        if page == faults.foreign_page:
            return Response("<html>Sign in</html>", media_type="text/html")
        whole = self._page(
            request, lambda index: user_at(index) | dict(faults.changes.get(index, {}))
        )
        if page == faults.truncated_page:
            return Response(whole.body[:-20], media_type="application/json")
        return whole

    async def _extensions(self, request: Request) -> Response:
        return self._page(request, extension_at)

    def _page(self, request: Request, item_at: Callable[[int], dict[str, Any]]) -> Response:
        page, size = (int(request.query_params.get(key, "0")) for key in ("page", "size"))
        size = min(size, _LARGEST_PAGE) or 20
        indices = range(page * size, min((page + 1) * size, self.users))
        pages = -(-self.users // size)
        content = [item_at(index) for index in indices]
        about = {"totalElements": self.users, "totalPages": pages, "last": page + 1 >= pages}
        return JSONResponse({"content": content, "number": page, "size": size, **about})

    async def _set_code(self, request: Request) -> Response:
        given = await _body(request)
        number, kind = given.get("extensionNumber"), given.get("hashType")
        code = given.get("authorizationCode", "")
        if number not in self._indices:
            return _error(404, "PM-1404", f"Extension {number} does not exist")
        if number in self.faults.refused:
            return _error(400, "PM-1400", self.faults.refused[number])
        if kind not in LENGTHS or len(code) not in LENGTHS[kind]:
            return _error(400, "PM-1401", f"A code of {len(code)} characters is no {kind}")
        self.codes[number] = StoredCode(code, kind)
        return JSONResponse({"responseStatus": "CREATED", "responseCode": 201}, status_code=201)


async def _body(request: Request) -> dict[str, Any]:
    try:
        given = await request.json()
    except json.JSONDecodeError:
        return {}
    return given if isinstance(given, dict) else {}


def _error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    body = {
        "mitelErrorCode": code,
        "errorMsg": message,
        "developerMsg": f"{code}: {message}",
        "responseStatus": HTTPStatus(status).name,
        "responseCode": status,
    }
    return JSONResponse(body, status_code=status, headers=dict(headers or {}))
