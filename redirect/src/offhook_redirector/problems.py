"""What the service answers to servers that ask something wrong: problem+json with a stable code."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from offhook.errors import OffhookError
from offhook_redirector import logs

TITLES = {
    400: "Bad request",
    401: "Not signed as it must be",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    429: "Too many requests",
    500: "Internal error",
    501: "Not available here",
    503: "Not available now",
}


class Problem(Exception):
    """A request that is not done: HTTP status, stable code, words for people, more members."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.more = status, code, more


def answer(status: int, code: str, detail: str, **more: Any) -> JSONResponse:
    """Return a problem (RFC 9457); what asked too often is told to wait a minute."""
    title = TITLES.get(status, "Refused")
    told = {"type": "about:blank", "title": title, "status": status, "code": code}
    headers = {"retry-after": "60"} if status == 429 else None
    return JSONResponse(
        {**told, "detail": detail, **more},
        status,
        headers,
        media_type="application/problem+json",
    )


async def tell(request: Request, error: Exception) -> JSONResponse:
    """Answer a `Problem`."""
    if not isinstance(error, Problem):
        raise error
    logs.note(request, error.status, error.code)
    return answer(error.status, error.code, str(error), **error.more)


async def tell_http(request: Request, error: Exception) -> JSONResponse:
    """Answer what the framework refuses: a path that nobody has, a wrong method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    codes = {404: "unknown-path", 405: "wrong-method"}
    code = codes.get(status, "bad-request")
    logs.note(request, status, code)
    problem = answer(status, code, f"{TITLES.get(status, 'Refused')}.")
    problem.headers.update(getattr(error, "headers", None) or {})
    return problem


async def tell_unavailable(request: Request, error: Exception) -> JSONResponse:
    """Answer while something that the service needs is away, such as its database."""
    if isinstance(error, OffhookError):
        logs.warn(error.whole)
    logs.note(request, 503, "unavailable")
    return answer(503, "unavailable", "The service lacks something that it needs; try again later.")
