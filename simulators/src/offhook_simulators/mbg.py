"""A MiVoice Border Gateway: its web services as far as they are known, with faults to order."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from attrs import Factory, define
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from offhook_simulators import mbg_data as data
from offhook_simulators.mbg_data import NODE, PAGE, PARAMETERS, PATHS, TOKEN, USER_ID, Refused
from offhook_simulators.mbg_doors import Doors
from offhook_simulators.mbg_oauth import Authorisations, Clock, Consumer, FinalToken
from offhook_simulators.mbg_users import SipUsers

Handler = Callable[[Request], Awaitable[Response]]
SignedHandler = Callable[[Request, FinalToken], Awaitable[Response]]


@define(kw_only=True)
class Faults:
    """
    What goes wrong, for as long as it is set.

    ``failing`` and ``truncated`` hold names of calls (keys of ``calls``): they are answered with
    500, and with half a body. ``failing_users`` are ids and set-side names of users who cannot be
    read or written alone, ``failing_page`` and ``truncated_page`` pages of users, counted from 0,
    -1 being none. The clock that timestamps are compared with is ``skew`` ahead. ``seconds`` is a
    pause before each answer.
    """

    failing: set[str] = Factory(set)
    truncated: set[str] = Factory(set)
    failing_users: set[str] = Factory(set)
    failing_page: int = -1
    truncated_page: int = -1
    skew: timedelta = timedelta()
    seconds: float = 0


class Mbg:
    """
    A gateway with *users* SIP users and one consumer; ``app`` is its web interface.

    *changes* are other values of users, by index. *clock* says when tokens end; what timestamps are
    compared with, and the Date of answers, is of *timestamps*, where that is another one.
    ``calls`` counts requests by name. ``stopped`` is 404 or 503 where the web services do not run.
    ``other_key_on_renewal`` makes a renewed token another one. Next to these: ``users``, ``oauth``
    (consumers and tokens; ``expire``, ``revoke``, ``replays`` to come), ``nodes``, ``settings``.
    """

    def __init__(
        self,
        users: int = 100,
        *,
        faults: Faults | None = None,
        clock: Clock = lambda: datetime.now(UTC),
        timestamps: Clock | None = None,
        changes: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> None:
        self.faults = faults or Faults()
        self._timestamps = timestamps or clock
        self.settings, self.nodes = data.Settings(), data.make_nodes()
        self.users = SipUsers(users, self.settings, self.nodes, changes or {})
        self.oauth = Authorisations(clock, self._now)
        self.oauth.add(Consumer(id=data.CONSUMER_ID, secret=data.CONSUMER_SECRET))
        self.calls: Counter[str] = Counter()
        self.stopped = 0
        self.other_key_on_renewal = False
        self._doors = Doors(self.oauth)
        self.app = Starlette(routes=self._routes())

    def _now(self) -> datetime:
        return self._timestamps() + self.faults.skew

    def _routes(self) -> list[Route]:
        doors, signed = self._doors, self._signed
        read, write = data.READ_USERS, data.WRITE_USERS
        return [
            self._route("request_token", "POST", doors.give_request_token),
            self._route("approve", "GET", doors.ask_person),
            self._route("approve", "POST", doors.hear_person),
            self._route("access_token", "POST", doors.give_final_token),
            self._route("renew", "POST", signed(self._renew, data.MANAGE_TOKEN)),
            self._route("tokens", "GET", signed(self._tokens, data.MANAGE_TOKEN)),
            self._route("sip_users", "GET", signed(self._list, read)),
            self._route("sip_users", "POST", signed(self._create, write), "create"),
            self._route("sip_user", "GET", signed(self._read, read)),
            self._route("sip_user", "PUT", signed(self._change, write), "change"),
            self._route("sip_user", "DELETE", signed(self._delete, write), "delete"),
            self._route("cluster", "GET", signed(self._cluster, data.READ_SETTINGS)),
            self._route("settings", "GET", signed(self._settings, data.READ_SETTINGS)),
        ]

    def _route(self, path: str, method: str, handler: Handler, name: str = "") -> Route:
        name = name or path

        async def answer(request: Request) -> Response:
            self.calls[name] += 1
            await asyncio.sleep(self.faults.seconds)
            try:
                self._stop(name, request)
                response = await handler(request)
            except Refused as refused:
                response = _error(refused)
            if self._is_truncated(name, request):
                response = Response(
                    response.body[: len(response.body) // 2], media_type=response.media_type
                )
            response.headers["Date"] = format_datetime(self._now(), usegmt=True)
            return response

        return Route(PATHS[path], answer, methods=[method])

    def _signed(self, handler: SignedHandler, permission: str) -> Handler:
        """Return the handler for those only who may, as oauthlib finds."""

        async def answer(request: Request) -> Response:
            token = await self._doors.token_of(request)
            self._demand(token, permission)
            return await handler(request, token)

        return answer

    def _demand(self, token: FinalToken, permission: str) -> None:
        if permission not in self.oauth.consumers[token.consumer].permissions:
            raise Refused("permission_denied", f"{token.consumer} lacks {permission}")

    def _stop(self, name: str, request: Request) -> None:
        faults = self.faults
        if self.stopped:
            raise Refused("service_stopped", "The web services are stopped", self.stopped)
        if name in faults.failing or _is_page(name, request, faults.failing_page):
            raise Refused("internal_error", "The database does not answer")

    def _is_truncated(self, name: str, request: Request) -> bool:
        truncated = self.faults.truncated_page
        return name in self.faults.truncated or _is_page(name, request, truncated)

    def _fail(self, *users: object) -> None:
        if self.faults.failing_users.intersection(map(str, users)):
            raise Refused("internal_error", "The database does not answer")

    async def _renew(self, request: Request, token: FinalToken) -> Response:
        form = self.oauth.renew(token, other_key=self.other_key_on_renewal)
        return Response(urlencode(form), media_type="application/x-www-form-urlencoded")

    async def _tokens(self, request: Request, token: FinalToken) -> Response:
        tokens = self.oauth.tokens.values()
        own = [each.shown(token) for each in tokens if each.consumer == token.consumer]
        return JSONResponse({TOKEN["tokens"]: own})

    async def _list(self, request: Request, token: FinalToken) -> Response:
        asked = request.query_params
        name = asked.get(PARAMETERS["username"])
        page, size = _number(request, "page", 0), _number(request, "size", 100)
        size = min(size, data.LARGEST_PAGE) or 100
        if name is None:
            ids, total = [*self.users.ids(page, size)], len(self.users)
        else:
            found = self.users.find(name)
            ids = [found] if found and not page else []
            total = int(found is not None)
        items = [self._shown(each, request, token) for each in ids]
        about = {PAGE["page"]: page, PAGE["size"]: size, PAGE["total"]: total}
        return JSONResponse({PAGE["items"]: items, **about})

    def _shown(self, user: str, request: Request, token: FinalToken) -> dict[str, Any]:
        password = request.query_params.get(PARAMETERS["passwords"]) == "true"
        if password:
            self._demand(token, data.READ_PASSWORDS)
        return self.users.shown(user, password=password)

    async def _read(self, request: Request, token: FinalToken) -> Response:
        user = request.path_params["id"]
        shown = self._shown(user, request, token)
        self._fail(user, shown[data.SIP_USER["Set-side Username"]])
        return JSONResponse(shown)

    async def _create(self, request: Request, token: FinalToken) -> Response:
        given = await _body(request)
        self._fail(given.get(data.SIP_USER["Set-side Username"]))
        user = self.users.create(given, token.consumer)
        return JSONResponse(self.users.shown(user, password=False), 201)

    async def _change(self, request: Request, token: FinalToken) -> Response:
        user = request.path_params["id"]
        known = self.users.shown(user, password=False)
        self._fail(user, known[data.SIP_USER["Set-side Username"]])
        self.users.change(user, await _body(request))
        return JSONResponse(self.users.shown(user, password=False))

    async def _delete(self, request: Request, token: FinalToken) -> Response:
        user = request.path_params["id"]
        self._fail(user)
        self.users.delete(user, token.consumer)
        return JSONResponse({USER_ID: user})

    async def _cluster(self, request: Request, token: FinalToken) -> Response:
        return JSONResponse({NODE["nodes"]: [node.shown() for node in self.nodes]})

    async def _settings(self, request: Request, token: FinalToken) -> Response:
        return JSONResponse(self.settings.shown())


def _is_page(name: str, request: Request, page: int) -> bool:
    asked = request.query_params.get(PARAMETERS["page"], "0")
    return name == "sip_users" and page >= 0 and asked == str(page)


def _number(request: Request, parameter: str, otherwise: int) -> int:
    text = request.query_params.get(PARAMETERS[parameter], str(otherwise))
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Refused("field_invalid", f"{PARAMETERS[parameter]} is a number, not {text!r}")
    return int(text)


async def _body(request: Request) -> dict[str, Any]:
    try:
        given = await request.json()
    except ValueError as error:
        raise Refused("field_invalid", f"The body is no JSON: {error}") from error
    if not isinstance(given, dict):
        raise Refused("field_invalid", f"The body is no object: {json.dumps(given)}")
    return given


def _error(refused: Refused) -> Response:
    body = {data.ERROR["code"]: refused.code, data.ERROR["message"]: str(refused)}
    headers = {}
    if refused.status == 401:
        headers["WWW-Authenticate"] = f'OAuth realm="MBG", {data.PROBLEM}="{refused.code}"'
    return JSONResponse(body, refused.status, headers=headers)
