"""A reverse proxy that does the TLS for a server on this machine, as an administrator's would."""

from http.client import HTTPConnection

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_OWN = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
_Pairs = list[tuple[str, str]]


def proxy_to(port: int) -> Starlette:
    """Return a proxy before the server at *port*; what browsers sent it is in ``state.seen``."""

    async def pass_on(request: Request) -> Response:
        headers = {name: text for name, text in request.headers.items() if name not in _OWN}
        headers["x-forwarded-for"] = request.client.host if request.client else ""
        headers["x-forwarded-proto"] = request.url.scheme
        app.state.seen.append((request.method, request.url.path, headers))
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        status, pairs, body = await run_in_threadpool(
            _ask, port, request.method, path, headers, await request.body()
        )
        answer = Response(body, status)
        kept = [(name, text) for name, text in pairs if name.lower() not in _OWN]
        answer.raw_headers += [(name.lower().encode(), text.encode()) for name, text in kept]
        return answer

    methods = ["GET", "HEAD", "POST"]
    app = Starlette(routes=[Route("/{path:path}", pass_on, methods=methods)])
    app.state.seen = []
    return app


def _ask(
    port: int, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, _Pairs, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()
