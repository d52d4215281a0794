"""Wires the parts: the only place that constructs them, and where steps of siblings are joined."""

import getpass
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

from attrs import frozen

from offhook import settings as process_settings
from offhook.doors import Plugins
from offhook.model.secrets import Secret
from offhook.provisioning import admins, downloads, installation, links, pages, refresh
from offhook.settings import ProcessSettings
from offhook.store.encryption import Cipher
from offhook.store.engines import check_connection, has_tables, open_engine
from offhook.store.migrations import migrate
from offhook.store.store import Store

FIRST_ADMIN = "admin"


@frozen(kw_only=True)
class Initialized:
    """What `App.initialize` made: the one-time password only when the administrator is new."""

    settings: ProcessSettings
    admin: str
    password: Secret | None


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

    @classmethod
    def initialize(cls, values: Mapping[str, str]) -> Initialized:
        """
        Make what is missing of an installation in the data folder; *values* are its settings.

        What is there already is kept; the one-time password is returned only when it is new.
        """
        installation.make_folder(process_settings.find_home(os.environ), values)
        app = cls.load()
        engine = open_engine(app.settings.database_url)
        check_connection(engine)
        is_new = not has_tables(engine)
        installation.make_keys(app.settings, database_is_new=is_new)
        if is_new:
            migrate(engine)
        engine.dispose()
        installation.furnish(app.store, app.plugins, actor=app.actor, now=app.now())
        password = admins.create_first(app.store, FIRST_ADMIN, now=app.now())
        return Initialized(settings=app.settings, admin=FIRST_ADMIN, password=password)

    def migrate(self) -> None:
        """Bring the database to this version."""
        engine = open_engine(self.settings.database_url)
        check_connection(engine)
        migrate(engine)
        engine.dispose()

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

    def links_of(self, user: str) -> links.Links:
        """Return the addresses of a user's link."""
        return links.of_user(
            self.store, self.plugins, user, public_url=self.settings.public_url, now=self.now()
        )

    def page(self, token: str) -> pages.Page:
        """Return what a person sees who opens the link; raises `DownloadRefused`."""
        return pages.show(
            self.store,
            self.plugins,
            token,
            public_url=self.settings.public_url,
            now=self.now(),
        )

    def enter_pin(self, token: str, pin: str) -> Secret:
        """Return a grant for the right PIN; raises `DownloadRefused`."""
        return pages.enter_pin(self.store, token, pin, now=self.now())
