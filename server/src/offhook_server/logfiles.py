"""What clients send: their logs, in the way of Linphone and the RCS file transfer it speaks."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from offhook.provisioning.clientlogs import LARGEST
from offhook_server import logs
from offhook_server.asking import Steps, agent_of

LARGEST_LOG = LARGEST + 4096  # bytes: the log, and what a form puts around it
_AT_ONCE = 2  # logs that are unpacked and searched for secrets
_STATUSES = {"too-many-logs": 429, "log-unreadable": 422}
# GSMA RCC.07, file transfer over HTTP: clients look for the address, nobody asks there.
_KEPT = """<?xml version="1.0" encoding="UTF-8"?>
<file xmlns="urn:gsma:params:xml:ns:rcs:rcs:fthttp"><file-info type="file">\
<file-size>{size}</file-size><file-name>log</file-name><content-type>text/plain</content-type>\
<data url="urn:offhook:log" until="{until:%Y-%m-%dT%H:%M:%SZ}"/></file-info></file>
"""


class LogFiles:
    """The address that takes logs; who sends one shows the token of its device."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def receive(self, request: Request) -> Response:
        """Take a log as the body or in a form; an empty request only asks whether it may come."""
        token = request.path_params["token"]
        reason = await self._run(self._steps.why_no_log, token)
        body = b"" if reason else await _log_in(request)
        if body:
            reason = await self._run(self._steps.keep_log, token, body, agent_of(request))
        reply = _reply(reason, len(body))
        logs.note(request, "/l", reply.status_code, reason, token)
        return reply

    async def _run(self, step: Callable[..., str], *arguments: object) -> str:
        async with self._turns:
            return await run_in_threadpool(step, *arguments)


def _reply(reason: str, size: int) -> Response:
    if reason:
        return Response("Not available.\n", _STATUSES.get(reason, 404), media_type="text/plain")
    if not size:
        return Response(status_code=204)
    until = datetime.now(UTC) + timedelta(days=1)
    return Response(_KEPT.format(size=size, until=until), media_type="application/xml")


async def _log_in(request: Request) -> bytes:
    """Return the log in a request: the first file of a form, or the body itself."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    async with request.form(max_files=1, max_fields=5) as form:
        for part in form.values():
            if isinstance(part, UploadFile):
                return await part.read()
    return b""
