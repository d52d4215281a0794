"""What deployment servers may ask for, signed: who they are, routes, attempts from here, mails."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from attrs import asdict
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from offhook.diagnostics.probing import probe
from offhook_redirector import asking, logs
from offhook_redirector.mails import Mails
from offhook_redirector.problems import Problem
from offhook_redirector.proofs import LIMIT, Proofs
from offhook_redirector.settings import RedirectSettings
from offhook_redirector.signing import Message, identify
from offhook_redirector.store import Server, Store
from offhook_server.asking import address_of
from offhook_server.guesses import Guesses

LARGEST_BODY = 16_384
LARGEST_MAIL = 2 * 2**20  # of the request: the mail in base64 is a third larger than itself
Answer = Callable[[Server, bytes], Awaitable[dict[str, Any]]]


class Servers:
    """The answers to deployment servers; every one of them is for a signed request only."""

    def __init__(
        self,
        store: Store,
        settings: RedirectSettings,
        proofs: Proofs,
        now: Callable[[], datetime],
        *,
        ca: str = "",
        allow_loopback: bool = False,
    ) -> None:
        self._store, self._settings, self._now = store, settings, now
        self._proofs, self._ca, self._allow_loopback = proofs, ca, allow_loopback
        self._mails = Mails(store, settings, now)
        # A mail server that hangs must not hold up what else is done in threads.
        self._senders = ThreadPoolExecutor(settings.smtp_connections)
        self._forgeries = Guesses()
        self._requests = Guesses(most=settings.requests_per_minute)
        self._probes = Guesses(most=settings.probes_per_minute)

    def signed(
        self, answer: Answer, largest: int = LARGEST_BODY
    ) -> Callable[[Request], Awaitable[Response]]:
        """
        Return an endpoint that identifies the server, and lets *answer* do the rest.

        A body of more than *largest* bytes is refused.
        """

        async def endpoint(request: Request) -> Response:
            server, body = await self._identify(request, largest)
            request.state.server = server.name
            _count(self._requests, server)
            told = await answer(server, body)
            logs.note(request, 200)
            return JSONResponse(told)

        return endpoint

    async def me(self, server: Server, _body: bytes) -> dict[str, Any]:
        """Say under which name a server is known."""
        return {"name": server.name, "routes": server.routes}

    async def open_route(self, server: Server, body: bytes) -> dict[str, Any]:
        """Make or prolong the route to a host that is proved to be the server's."""
        asked = asking.read_json(body, "host", "port", "format")
        host = asking.read_host(asked, allow_loopback=self._allow_loopback)
        port, client_format = asking.read_port(asked, asking.HTTPS), asking.read_format(asked)
        _count(self._probes, server)
        proof = await self._proofs.prove(server.key, host, port)
        if not proof.outcome.ok:
            raise Problem(
                403,
                "unproved",
                f"{host} is not proved to be this server's: {proof.outcome.detail}",
                proof=asdict(proof.outcome),
            )
        route = await run_in_threadpool(
            self._store.open_route,
            server.key,
            host,
            port,
            client_format,
            expires_at=self._now() + timedelta(days=self._settings.route_days),
        )
        return {
            "route": route.id,
            "address": f"{self._settings.base}/{route.id}",
            "expires_at": route.expires_at.isoformat(),
        }

    async def probe(self, server: Server, body: bytes) -> dict[str, Any]:
        """Try a host that is proved to be the server's, as its clients would, from here."""
        asked = asking.read_json(body, "host", "port", "probes")
        host = asking.read_host(asked, allow_loopback=self._allow_loopback)
        wanted = asking.read_probes(asked, host, self._ca)
        usual = next((each.port for each in wanted if each.scheme == "https"), asking.HTTPS)
        port = asking.read_port(asked, usual)
        for _ in (host, *wanted):  # the proof is an attempt, too
            _count(self._probes, server)
        proof = await self._proofs.prove(server.key, host, port)
        outcomes = []
        if proof.outcome.ok:
            attempts = (probe(each, limit=LIMIT, addresses=proof.addresses) for each in wanted)
            outcomes = await asyncio.gather(*attempts)
        return {"proof": asdict(proof.outcome), "outcomes": [asdict(each) for each in outcomes]}

    async def send_mail(self, server: Server, body: bytes) -> dict[str, Any]:
        """Hand a mail to the mail server, before this answers."""
        mail = asking.read_mail(asking.read_json(body, "id", "sender", "recipient", "message"))
        loop = asyncio.get_running_loop()
        return asdict(await loop.run_in_executor(self._senders, self._mails.send, server, mail))

    def close(self) -> None:
        """Begin nothing new; mails that are going out go on."""
        self._senders.submit(self._mails.close)
        self._senders.shutdown(wait=False)

    async def _identify(self, request: Request, largest: int) -> tuple[Server, bytes]:
        """Return who sent the request, and its body."""
        address = address_of(request)
        if self._forgeries.blocked(address):
            raise Problem(429, "too-many", "Too many requests that were not signed well.")
        body = await _read(request, largest)
        path, query = (
            request.scope[name].decode("latin-1") for name in ("raw_path", "query_string")
        )
        url = f"{self._settings.base}{path}{f'?{query}' if query else ''}"
        message = Message(request.method, url, request.headers)
        now = self._now()
        try:
            return await run_in_threadpool(identify, self._store, message, body, now=now), body
        except Problem:
            self._forgeries.count(address)
            raise


async def _read(request: Request, largest: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > largest:
            raise Problem(413, "too-large", f"The body has more than {largest} bytes.")
    return bytes(body)


def _count(limit: Guesses, server: Server) -> None:
    """Count one request of *server*; raises `Problem` where it has to wait."""
    if limit.blocked(server.name):
        raise Problem(429, "too-many", "Too many requests in a minute; try again in one.")
    limit.count(server.name)
