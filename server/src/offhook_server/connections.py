"""The portal's pages about connections: how they stand, and how gateways let us in."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from offhook.api import InvalidInput, Refused, RemoteError, Secret
from offhook.app import App
from offhook.errors import UnknownName
from offhook.model.admins import Admin
from offhook.provisioning import admins, authorizations, overview
from offhook_server import html, logs
from offhook_server.asking import address_of
from offhook_server.guesses import Guesses

_REASONS = {200: "", 404: "unknown-request"}


class ConnectionPages:
    """The list, the request to a gateway, and its answer; *guesses* limits unknown answers."""

    def __init__(self, app: App, guesses: Guesses) -> None:
        self._app = app
        self._guesses = guesses

    async def show(self, request: Request) -> Response:
        """List the connections."""
        admin: Admin = request.state.admin
        lines = await run_in_threadpool(
            overview.list_connections, self._app.store, self._app.plugins, now=self._app.now()
        )
        may_authorize = admins.may_authorize(admin)
        return html.page("connections", admin=admin, lines=lines, may_authorize=may_authorize)

    async def authorize(self, request: Request) -> Response:
        """Ask a gateway to let us in, and show where its administrator approves that."""
        admin: Admin = request.state.admin
        name = request.path_params["name"]
        back = self._app.settings.callback_url
        shown = {"admin": admin, "name": name, "back": back, "asked": None, "problem": None}
        if not admins.may_authorize(admin):
            logs.note(request, "/connections/authorize", 403, "not-primary")
            return html.page("authorize", 403, **shown)
        try:
            shown["asked"] = await run_in_threadpool(
                authorizations.begin,
                self._app.store,
                self._app.plugins,
                name,
                callback=back,
                actor=admin.name,
                now=self._app.now(),
            )
        except UnknownName:
            raise HTTPException(404) from None
        except (InvalidInput, RemoteError) as error:
            return html.page("authorize", _status(error), **{**shown, "problem": error})
        return html.page("authorize", **shown)

    async def hear_approver(self, request: Request) -> Response:
        """
        Take what a gateway's approver brings from there.

        No login: our cookie does not come with a browser that another site sends. The request's
        token, the verifier and our signature on both are the proof.
        """
        if self._guesses.blocked(address_of(request)):
            raise HTTPException(429)
        status, shown = await self._take(request)
        token = request.query_params.get("oauth_token", "")
        logs.note(request, "/authorized", status, _REASONS.get(status, "refused"), token)
        return html.page("authorized", status, **shown)

    async def _take(self, request: Request) -> tuple[int, dict[str, object]]:
        asked = request.query_params
        try:
            taken = await run_in_threadpool(
                authorizations.take_callback,
                self._app.store,
                self._app.plugins,
                asked.get("oauth_token", ""),
                Secret(asked.get("oauth_verifier", "")),
                actor=f"browser at {address_of(request)}",
                now=self._app.now(),
            )
        except (InvalidInput, RemoteError) as error:
            return _status(error), {"taken": None, "problem": error}
        if not taken:
            self._guesses.count(address_of(request))
            return 404, {"taken": None, "problem": None}
        return 200, {"taken": taken, "problem": None}


def _status(error: InvalidInput | RemoteError) -> int:
    """Return whose matter it is: what we have here, a refusal over there, or a failure there."""
    if isinstance(error, InvalidInput):
        return 409
    return 403 if isinstance(error, Refused) else 502
