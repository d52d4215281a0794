"""What softphones get: configurations and refreshes, answered in batches."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from offhook.api import ClientRequest, Refusal, Sign
from offhook.provisioning.downloads import SIGNED_IN, Answer, Ask
from offhook.provisioning.refresh import UNCHANGED, Call
from offhook_server import logs
from offhook_server.asking import Steps, address_of, agent_of, etag_of, token_of
from offhook_server.batching import Batcher, Overloaded
from offhook_server.persons import Persons

OWN_FORMAT = "offhook"
OWN_TYPE = "application/vnd.offhook.config+json"
_REFUSAL = Refusal(404, "text/plain; charset=utf-8", b"Not available.\n")
_UNABLE = frozenset({"render-failed", "profile-unavailable", "incomplete", "busy"})
_DEVICE_TOKEN_LENGTH = 43


class Clients:
    """What softphones get; configurations and refreshes are answered in batches."""

    def __init__(self, steps: Steps, persons: Persons) -> None:
        self._formats = steps.formats
        self._persons = persons
        self._redeemer: Batcher[Ask, Answer] = Batcher(steps.redeem)
        self._refresher: Batcher[Call, Answer] = Batcher(steps.refresh)

    async def close(self) -> None:
        """Answer what waits."""
        await self._redeemer.close()
        await self._refresher.close()

    async def fetch(self, request: Request) -> Response:
        """Give a configuration for a token or grant; a browser is shown the page instead."""
        accept = request.headers.get("accept", "")
        if "text/html" in accept:
            return await self._persons.show(request)
        own = OWN_FORMAT if OWN_TYPE in accept else ""
        ask = Ask(token=token_of(request), agent=agent_of(request), format=own)
        return self._reply(request, "/c", ask.token, await self._redeem(request, ask), _REFUSAL)

    async def sign_in(self, request: Request) -> Response:
        """Answer a client that shows token and device id the way its format does."""
        name = request.path_params["format"]
        wanted = self._formats.get(name)
        if not wanted:
            raise HTTPException(404)
        fields = dict(request.query_params)
        if request.method == "POST":
            fields |= {key: str(value) for key, value in (await request.form()).items()}
        sign = wanted.identify(ClientRequest(fields=fields, headers=dict(request.headers)))
        if not sign:
            return self._reply(request, "/f", "", Answer(reason="no-token"), wanted.refusal)
        call = _refresh_call(sign, request)
        answer = await _ask(self._refresher, call) if call else Answer(reason="unknown")
        if answer.reason != "unknown":
            return self._reply(request, "/f", sign.token, answer, wanted.refusal)
        ask = Ask(token=sign.token, agent=agent_of(request), format=name, device_id=sign.device_id)
        answer = await self._redeem(request, ask)
        if call and answer.reason == SIGNED_IN:
            answer = await _ask(self._refresher, call)
        return self._reply(request, "/f", sign.token, answer, wanted.refusal)

    async def refresh(self, request: Request) -> Response:
        """Answer a device that asks again."""
        token = request.path_params["token"]
        answer = await _ask(self._refresher, Call(token=token, etag=etag_of(request)))
        return self._reply(request, "/r", token, answer, _REFUSAL)

    async def _redeem(self, request: Request, ask: Ask) -> Answer:
        if self._persons.guesses.blocked(address_of(request)):
            return Answer(reason="too-many-guesses")
        answer = await _ask(self._redeemer, ask)
        self._persons.note_refusal(request, answer.reason)
        return answer

    def _reply(
        self, request: Request, route: str, token: str, answer: Answer, refusal: Refusal
    ) -> Response:
        headers = {"etag": f'"{answer.etag}"'} if answer.etag else {}
        if answer.config:
            config = answer.config
            reply = Response(config.body, 200, headers, config.content_type)
        elif answer.reason == UNCHANGED:
            reply = Response(status_code=304, headers=headers)
        else:
            status = _status(answer.reason, refusal)
            reply = Response(refusal.body, status, None, refusal.content_type)
        logs.note(request, route, reply.status_code, answer.reason, token)
        return reply


async def _ask(batcher: Batcher[Ask, Answer] | Batcher[Call, Answer], item: Ask | Call) -> Answer:
    try:
        return await batcher.ask(item)  # type: ignore[arg-type]
    except Overloaded:
        return Answer(reason="busy")


def _refresh_call(sign: Sign, request: Request) -> Call | None:
    """Return what a client that has downloaded before asks: by its own token, or by its pair."""
    if len(sign.token) == _DEVICE_TOKEN_LENGTH:
        return Call(token=sign.token, etag=etag_of(request))
    if sign.device_id:
        return Call(token=sign.token, device_id=sign.device_id, etag=etag_of(request))
    return None


def _status(reason: str, refusal: Refusal) -> int:
    if reason == "too-many-guesses":
        return 429
    return 503 if reason in _UNABLE else refusal.status
