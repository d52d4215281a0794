"""Serves with the certificate of the settings or the installed one, and soon with a newer one."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from offhook.app import App
from offhook.certificates import own
from offhook.errors import OffhookError
from offhook_server import listening

_EVERY = 5.0  # seconds


class Newest:
    """
    The certificate of a running server; a newer one is for the connections that follow.

    *load* makes its context, *stamp* tells by another text that there is another one.
    """

    def __init__(
        self,
        load: Callable[[], ssl.SSLContext | None],
        stamp: Callable[[], str],
        every: float = _EVERY,
    ) -> None:
        self._load, self._stamp, self._every = load, stamp, every
        self._seen = ""
        self._newest: ssl.SSLContext | None = None

    def open(self) -> ssl.SSLContext | None:
        """
        Return the context for all connections; None where there is no certificate.

        Raises `SettingsError` or `InvalidInput` for one that cannot be served.
        """
        self._seen = self._stamp()
        front = self._newest = self._load()
        if front:
            front.sni_callback = self._choose
        return front

    async def follow(self, warn: Callable[[str], None]) -> None:
        """Look for a newer certificate now and then; one that cannot be served changes nothing."""
        while True:
            await asyncio.sleep(self._every)
            with suppress(OffhookError):  # the database is away: the next time will do
                seen = await asyncio.to_thread(self._stamp)
                if seen != self._seen:
                    self._seen = seen
                    await self._renew(warn)

    async def _renew(self, warn: Callable[[str], None]) -> None:
        try:
            newer = await asyncio.to_thread(self._load)
        except OffhookError as error:
            warn(f"The new certificate is not served, the one before still is. {error.whole}")
            return
        if newer:
            self._newest = newer
            warn("A new certificate is served from now on.")

    def _choose(self, connection: ssl.SSLObject, name: str | None, front: ssl.SSLContext) -> None:
        """Let a new connection have the newest certificate; called at every handshake."""
        if self._newest and self._newest is not front:
            connection.context = self._newest


class Certificates(Newest):
    """The certificate that the settings name, or the installed one."""

    def __init__(self, app: App, every: float = _EVERY) -> None:
        super().__init__(partial(_load, app), lambda: own.stamp(app.settings, app.store), every)


def _load(app: App) -> ssl.SSLContext | None:
    settings = app.settings
    if settings.certificate or settings.private_key:
        return listening.open_certificate(settings)
    pair = own.current(settings, app.store)
    return listening.present(pair) if pair else None
