"""Proxies in front: whose word on the client's address is believed, and who else is let in."""

from ipaddress import ip_address, ip_network

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from offhook.errors import SettingsError


def behind(app: ASGIApp, proxies: tuple[str, ...], *, tls: bool) -> ASGIApp:
    """
    Return *app* as it is served behind *proxies* (addresses or networks).

    Without *tls* of our own, only they and this machine may connect, and only for clients that came
    by TLS. Raises `SettingsError` for what is no address.
    """
    if not proxies:
        return app
    try:
        networks = [ip_network(each, strict=False) for each in proxies]
    except ValueError as error:
        raise SettingsError(
            f"trusted_proxies holds what is no address: {error}.",
            hint="Use addresses or networks, for example 192.0.2.7 or 10.0.0.0/8.",
        ) from error
    believing: ASGIApp = ProxyHeadersMiddleware(app, trusted_hosts=list(proxies))  # type: ignore[arg-type,assignment]

    def is_trusted(host: str) -> bool:
        address = ip_address(host)
        return address.is_loopback or any(address in network for network in networks)

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope.get("client")
        if scope["type"] == "http" and not (peer and is_trusted(peer[0]) and not _in_clear(scope)):
            refusal = PlainTextResponse("Only over TLS, and only through the proxy.\n", 403)
            await refusal(scope, receive, send)
            return
        await believing(scope, receive, send)

    return believing if tls else guarded


def _in_clear(scope: Scope) -> bool:
    return any(
        name == b"x-forwarded-proto" and value.strip().lower() == b"http"
        for name, value in scope["headers"]
    )
