"""What a person's browser gets: the page of a link, the PIN; nothing of it counts a download."""

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from offhook.errors import DownloadRefused
from offhook.provisioning import codes
from offhook.provisioning.pages import Page
from offhook_server import html, logs
from offhook_server.asking import Steps, address_of, token_of
from offhook_server.guesses import Guesses

STORES = {
    "appstore": "App Store",
    "playstore": "Google Play",
    "microsoftstore": "Microsoft Store",
    "appstore_mac": "Mac App Store",
    "winpc": "Windows",
    "bbworld": "BlackBerry World",
}
_GUESSED = frozenset({"unknown", "wrong-pin"})


class Persons:
    """What a person's browser gets; nothing of it counts as a download."""

    def __init__(self, steps: Steps, guesses: Guesses) -> None:
        self._steps = steps
        self.guesses = guesses

    async def ask_token(self, request: Request) -> Response:
        """Let a token be typed that cannot be scanned."""
        if request.method != "POST":
            return html.page("type_token")
        typed = str((await request.form()).get("token", ""))
        token = re.sub(r"[^0-9A-Za-z]", "", typed.rpartition("/")[2])[:40]
        return RedirectResponse(f"/d/{token}" if token else "/d", 303)

    async def show(self, request: Request) -> Response:
        """Show the page of a link."""
        token = token_of(request)
        if self.guesses.blocked(address_of(request)):
            return self._refuse(request, "too-many-guesses", token, 429)
        return await self._show(request, token)

    async def enter_pin(self, request: Request) -> Response:
        """Show link and code for the right PIN."""
        token = token_of(request)
        if self.guesses.blocked(address_of(request)):
            return self._refuse(request, "too-many-guesses", token, 429)
        pin = str((await request.form()).get("pin", ""))
        try:
            grant = await run_in_threadpool(self._steps.enter_pin, token, pin)
        except DownloadRefused as refused:
            self.note_refusal(request, refused.reason)
            logs.note(request, "/d/pin", 404, refused.reason, token)
            return await self._show(request, token, wrong=refused.reason == "wrong-pin")
        return await self._show(request, grant.reveal())

    def note_refusal(self, request: Request, reason: str) -> None:
        """Count what may have been a guess."""
        if reason in _GUESSED:
            self.guesses.count(address_of(request))

    async def _show(self, request: Request, token: str, *, wrong: bool = False) -> Response:
        try:
            page = await run_in_threadpool(self._steps.page, token)
        except DownloadRefused as refused:
            if request.method != "POST":
                self.note_refusal(request, refused.reason)
            return self._refuse(request, refused.reason, token)
        code = codes.as_svg(page.config_url.reveal()) if page.config_url else ""
        logs.note(request, "/d", 200, "", token)
        return html.page(
            "download", setup=page, token=token, code=code, stores=_stores(page), wrong=wrong
        )

    def _refuse(self, request: Request, reason: str, token: str, status: int = 404) -> Response:
        logs.note(request, "/d", status, reason, token)
        return html.refusal(status)


def _stores(page: Page) -> list[tuple[str, str]]:
    """Return label and address of each store that has the app."""
    return [(STORES.get(name, name), address) for name, address in page.stores.items() if address]
