"""How one is let in by a simulated border gateway: oauthlib's endpoints, and their answers."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from oauthlib.common import add_params_to_uri
from oauthlib.oauth1 import (
    AccessTokenEndpoint,
    AuthorizationEndpoint,
    OAuth1Error,
    RequestTokenEndpoint,
    ResourceEndpoint,
)
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from offhook_simulators.mbg_data import PROBLEM, Refused
from offhook_simulators.mbg_oauth import (
    METHODS,
    OUT_OF_BAND,
    Authorisations,
    FinalToken,
    RequestToken,
)
from offhook_simulators.mbg_pages import (
    APPROVE,
    show_message,
    show_question,
    show_verifier,
    show_waiting,
)

_SIGNATURE = Refused("signature_invalid", "The signature is not the one of this request")


class Doors:
    """Answers those who want tokens, and tells which token a signed request was made with."""

    def __init__(self, oauth: Authorisations) -> None:
        self._oauth = oauth
        self._request_token = RequestTokenEndpoint(oauth)
        self._approval = AuthorizationEndpoint(oauth)
        self._access_token = AccessTokenEndpoint(oauth)
        self._resource = ResourceEndpoint(oauth)

    async def give_request_token(self, request: Request) -> Response:
        """Answer the first step."""
        return _form(await _ask(self._request_token.create_request_token_response, request))

    async def give_final_token(self, request: Request) -> Response:
        """Answer the last step."""
        return _form(await _ask(self._access_token.create_access_token_response, request))

    async def ask_person(self, request: Request) -> Response:
        """Show who waits, or the question whether one of them may come in."""
        if "oauth_token" not in request.query_params:
            open_ = [each for each in self._oauth.waiting.values() if not each.verifier]
            return show_waiting(open_)
        try:
            waiting, permissions = await self._find(request)
        except Refused as refused:
            return show_message(str(refused), 404)
        return show_question(waiting, permissions)

    async def hear_person(self, request: Request) -> Response:
        """Do what somebody decided; an application that waits for an answer gets it."""
        try:
            waiting, _ = await self._find(request)
        except Refused as refused:
            return show_message(str(refused), 404)
        if ("decision", APPROVE) not in parse_qsl((await request.body()).decode()):
            del self._oauth.waiting[waiting.key]
            return _denied(waiting.key, waiting.callback)
        headers, _, _ = await _ask(self._approval.create_authorization_response, request)
        if waiting.callback == OUT_OF_BAND:
            return show_verifier(waiting)
        return RedirectResponse(headers["Location"], 303)

    async def token_of(self, request: Request) -> FinalToken:
        """Return whose request it is; raises `Refused` for one that is not signed as it must."""
        valid, seen = await _ask(self._resource.validate_protected_resource_request, request)
        if valid:
            return self._oauth.tokens[seen.resource_owner_key]
        if seen is None or not seen.signature:
            raise Refused("parameter_absent", "The request is not signed")
        if seen.signature_method not in METHODS:
            raise Refused("signature_method_rejected", f"No {seen.signature_method} here")
        if seen.validator_log.get("signature") is False:
            raise _SIGNATURE
        raise Refused("parameter_absent", "OAuth's parameters are not as they must be")

    async def _find(self, request: Request) -> tuple[RequestToken, Sequence[str]]:
        """Return the one that a person is asked about, and what it could do."""
        permissions, about = await _ask(self._approval.get_realms_and_credentials, request)
        return self._oauth.waiting[about["resource_owner_key"]], permissions


def _denied(key: str, callback: str) -> Response:
    if callback == OUT_OF_BAND:
        return show_message("It is not let in")
    problem = {"oauth_token": key, PROBLEM: "user_refused"}
    return RedirectResponse(add_params_to_uri(callback, problem.items()), 303)


async def _ask(endpoint: Callable[..., Any], request: Request) -> Any:
    """Return what oauthlib says; what it cannot read is refused."""
    try:
        body = (await request.body()).decode()
        return endpoint(str(request.url), request.method, body, dict(request.headers))
    except (OAuth1Error, ValueError) as error:
        raise Refused("parameter_absent", str(error)) from error


def _form(answer: tuple[dict[str, str], Any, int]) -> Response:
    headers, body, status = answer
    if status == 200:
        return Response(body, headers=headers)
    if body is None:
        raise _SIGNATURE
    said = dict(parse_qsl(body))
    rejected = said["error"] == "invalid_signature_method"
    code = "signature_method_rejected" if rejected else "parameter_absent"
    raise Refused(code, said.get("error_description", ""))
