"""Wires the parts: the only place that constructs them, and where steps of siblings are joined."""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property

from offhook import settings as process_settings
from offhook.doors import Plugins
from offhook.provisioning import downloads, pages, refresh
from offhook.settings import ProcessSettings
from offhook.store.encryption import Cipher
from offhook.store.store import Store


class App:
    """
    One installation as this process sees it: settings, plugins and store, each made when needed.

    ``actor`` is written into the audit.
    """

    def __init__(self, settings: ProcessSettings, *, actor: str) -> None:
        self.settings = settings
        self.actor = actor

    @classmethod
    def load(cls) -> "App":
        """Wire an application from the settings of this process, acting as the system's user."""
        return cls(process_settings.load(), actor=f"{getpass.getuser()} (command line)")

    @cached_property
    def plugins(self) -> Plugins:
        """The installed plugins that the settings leave enabled."""
        return Plugins.installed(self.settings.disabled_plugins)

    @cached_property
    def store(self) -> Store:
        """The database; raises `SettingsError` when it is not ready for this version."""
        return Store.open(self.settings.database_url, Cipher(self.settings.key_path))

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    def redeem(self, asks: Sequence[downloads.Ask]) -> list[downloads.Answer]:
        """Answer clients that show a deployment token."""
        return downloads.redeem(
            self.store, self.plugins, asks, public_url=self.settings.public_url, now=self.now()
        )

    def refresh(self, calls: Sequence[refresh.Call]) -> list[downloads.Answer]:
        """Answer devices that ask again."""
        return refresh.answer(
            self.store, self.plugins, calls, public_url=self.settings.public_url, now=self.now()
        )

    def page(self, token: str) -> pages.Page | None:
        """Return what a person sees who opens the link."""
        return pages.show(
            self.store,
            self.plugins,
            token,
            public_url=self.settings.public_url,
            now=self.now(),
        )
