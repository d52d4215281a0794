"""Wires the parts: the only place that constructs them, and where steps of siblings are joined."""

import getpass
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from offhook import settings as process_settings
from offhook.doors import Plugins
from offhook.model.deployments import Campaign, Delivery
from offhook.model.profiles import NO_TRANSPORT
from offhook.model.secrets import Secret
from offhook.model.users import Selection
from offhook.provisioning import (
    admins,
    campaigns,
    downloads,
    expanding,
    forcing,
    gateways,
    installation,
    links,
    managed,
    pages,
    passwords,
    planning,
    refresh,
    syncing,
    waiting,
)
from offhook.provisioning.syncreports import Synced, SyncReport, Wanted
from offhook.settings import ProcessSettings
from offhook.store.encryption import Cipher
from offhook.store.engines import check_connection, has_tables, open_engine
from offhook.store.store import Store

if TYPE_CHECKING:
    from offhook.jobs import Jobs

FIRST_ADMIN = "admin"


@frozen(kw_only=True)
class Initialized:
    """What `App.initialize` made: the one-time password only when the administrator is new."""

    settings: ProcessSettings
    admin: str
    password: Secret | None


@frozen(kw_only=True)
class AutoDeployed:
    """What an auto deploy did: who was forced, and the campaign for the others, if any."""

    forced: forcing.Forced
    campaign: Campaign | None


def _late(module: str) -> Any:
    """Import what most commands never need: DBOS and alembic take longer than all the rest."""
    return import_module(module)


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
        with installation.made_folder(process_settings.find_home(os.environ), values):
            app = cls.load()
            engine = open_engine(app.settings.database_url)
            check_connection(engine)
        is_new = not has_tables(engine)
        installation.make_keys(app.settings, database_is_new=is_new)
        engine.dispose()
        if is_new:
            app.migrate()
        installation.furnish(app.store, app.plugins, actor=app.actor, now=app.now())
        password = admins.create_first(app.store, FIRST_ADMIN, now=app.now())
        return Initialized(settings=app.settings, admin=FIRST_ADMIN, password=password)

    def migrate(self) -> None:
        """Bring the database to this version; raises `SettingsError` when it is newer."""
        installation.check_there(self.settings)
        engine = open_engine(self.settings.database_url)
        check_connection(engine)
        _late("offhook.store.migrations").migrate(engine)
        engine.dispose()
        _late("offhook.jobs").migrate(self.settings.database_url)

    @cached_property
    def plugins(self) -> Plugins:
        """The installed plugins that the settings leave enabled."""
        return Plugins.installed(self.settings.disabled_plugins)

    @cached_property
    def store(self) -> Store:
        """The database; raises `SettingsError` when it is not ready for this version."""
        installation.check_there(self.settings)
        return Store.open(self.settings.database_url, Cipher(self.settings.key_path))

    @cached_property
    def jobs(self) -> "Jobs":
        """The queue, for enqueueing only."""
        jobs: Jobs = _late("offhook.jobs").Jobs(self.store)
        return jobs

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    def deploy(self, selection: Selection, *, transport: str = "") -> Campaign:
        """
        Start a campaign; a worker sends its mails. Without mails it is complete on return.

        *transport* overrides what the profiles say; ``NO_TRANSPORT`` makes links only.
        """
        campaign = campaigns.create(
            self.store,
            self.plugins,
            self.jobs.enqueue,
            selection,
            transport=transport,
            actor=self.actor,
            now=self.now(),
        )
        if transport == NO_TRANSPORT:
            self.expand(campaign.id)
        return campaign

    def force(
        self, selection: Selection, *, on_progress: Callable[[int], object] = lambda done: None
    ) -> forcing.Forced:
        """Let clients fetch everything the next time that they ask."""
        return self._force(forcing.sort_out(self.store, self.plugins, selection), on_progress)

    def auto_deploy(
        self,
        selection: Selection,
        *,
        transport: str = "",
        on_progress: Callable[[int], object] = lambda done: None,
    ) -> AutoDeployed:
        """Force those whose client has downloaded, and deploy the others as `deploy` does."""
        found = forcing.sort_out(self.store, self.plugins, selection)
        others = tuple(sorted(chain.from_iterable(found.deploy.values())))
        # First what may be refused: then nothing is half-done.
        campaign = self.deploy(Selection(ids=others), transport=transport) if others else None
        return AutoDeployed(forced=self._force(found, on_progress), campaign=campaign)

    def plan_auto_deploy(
        self, selection: Selection, *, transport: str = ""
    ) -> Iterator[tuple[forcing.Reach, planning.Planned | None]]:
        """Yield how each user's clients are reached, and what deploying does where it is needed."""
        with self.store.read() as tx:
            planner = planning.Planner(tx, self.plugins, transport)
        if transport:
            planner.check()
        for reach in forcing.plan(self.store, self.plugins, selection):
            yield reach, planner.decide(reach.user) if reach.way == "deploy" else None

    def _force(self, among: forcing.Sorted, on_progress: Callable[[int], object]) -> forcing.Forced:
        return forcing.force(
            self.store, among, actor=self.actor, now=self.now(), on_progress=on_progress
        )

    def sync(
        self,
        wanted: Wanted,
        *,
        deploy: bool,
        dry_run: bool = False,
        on_progress: Callable[[int], object] = lambda done: None,
    ) -> Synced:
        """Make users of what was read; *deploy* those that want it, with a password first."""
        if deploy and not dry_run and waiting.may_arise(self.store, wanted):
            campaigns.check(self.store, self.plugins)
        report = syncing.sync(
            self.store,
            self.plugins,
            evolve(wanted, deploys=deploy),
            dry_run=dry_run,
            actor=self.actor,
            now=self.now(),
            on_progress=on_progress,
        )
        if dry_run or not deploy:
            return Synced(report=report)
        chosen = Selection(ids=waiting.ids_of(self.store, wanted))
        return self._deploy_waiting(chosen, report) if chosen.ids else Synced(report=report)

    def _deploy_waiting(self, chosen: Selection, report: SyncReport) -> Synced:
        """Deploy who waits for it and can be; a crash before leaves them waiting."""
        given = passwords.provide(
            self.store, self.plugins, chosen, actor=self.actor, now=self.now()
        )
        self._complete(chosen)
        able, reasons = waiting.sort_out(self.store, self.plugins, chosen)
        campaign = self.deploy(Selection(ids=able)) if able else None
        return Synced(report=report, passwords=given, campaign=campaign, waiting=reasons)

    def fetch_credentials(self, selection: Selection, **options: Any) -> gateways.GatewayReport:
        """Get users' credentials at gateways; *options* are those of `gateways.fetch`."""
        return gateways.fetch(
            self.store, self.plugins, selection, actor=self.actor, now=self.now(), **options
        )

    def resend(self, campaign_id: str, delivery: Delivery) -> int:
        """Send again now what is uncertain, failed or waits for later; returns how many."""
        return campaigns.resend(
            self.store, self.jobs.enqueue, campaign_id, delivery, actor=self.actor, now=self.now()
        )

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

    def manage(self, selection: Selection, *, authority: bool) -> managed.Exported:
        """Make links for an MDM to hand out; who cannot be configured by one keeps what is."""
        able, left_out = managed.sort_out(self.store, self.plugins, selection)
        campaign = self.deploy(Selection(ids=able), transport=NO_TRANSPORT)
        return managed.export(
            self.store,
            self.plugins,
            campaign.id,
            left_out,
            public_url=self.settings.public_url,
            authority=authority,
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

    def expand(self, campaign_id: str, *, stopping: Callable[[], bool] = lambda: False) -> None:
        """Make the deployments of a campaign and enqueue their mails."""
        expanding.expand(
            self.store,
            self.plugins,
            self.jobs.enqueue,
            campaign_id,
            public_url=self.settings.public_url,
            clock=self.now,
            stopping=stopping,
            complete=self._complete,
        )

    def _complete(self, users: Selection) -> None:
        """Ask gateways, where there are some, for what users lack."""
        if gateways.are_there(self.store):
            self.fetch_credentials(users, only_missing=True)
