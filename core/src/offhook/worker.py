"""What a worker does: campaigns, mails, syncs, and what is due each minute and each day."""

from importlib import import_module
from threading import Event
from typing import Any

from offhook.app import App
from offhook.certificates import expiry
from offhook.errors import OffhookError
from offhook.provisioning import (
    authorizations,
    campaigns,
    clientlogs,
    notices,
    pacing,
    registrations,
    sending,
    sources,
    tokens,
)
from offhook.provisioning.syncreports import Wanted

CHUNKS_AT_ONCE = 4


def work(app: App, stopping: Event) -> None:
    """Be a worker until *stopping* is set."""
    jobs = import_module("offhook.jobs")  # most commands never need DBOS
    duties = Duties(app, stopping)
    rate = app.settings.mails_per_minute
    send = jobs.Workflow(
        name=campaigns.SEND,
        function=duties.send,
        at_once=1 if rate else CHUNKS_AT_ONCE,
        seconds_apart=60 * duties.chunk / rate if rate else 0,
    )
    jobs.Worker(
        app.store,
        [
            jobs.Workflow(name=campaigns.EXPAND, function=duties.expand),
            jobs.Workflow(name=sources.SYNC, function=duties.sync),
            send,
        ],
        _schedules(jobs, duties),
        heartbeat=app.settings.worker_heartbeat,
        stopping=stopping,
    ).run()


def _schedules(jobs: Any, duties: "Duties") -> list[Any]:
    """Return what is done again and again, and when."""
    return [
        jobs.Schedule(name="sweep", function=duties.sweep, cron="* * * * *"),
        jobs.Schedule(name="clean-up", function=duties.clean_up, cron="17 3 * * *"),
        jobs.Schedule(name="registrations", function=duties.see, cron="*/10 * * * *"),
        jobs.Schedule(name="authorizations", function=duties.authorize, cron="41 4 * * *"),
        jobs.Schedule(name="certificates", function=duties.watch, cron="53 4 * * *"),
    ]


class Duties:
    """The work on one application; long duties come to an end when *stopping* is set."""

    def __init__(self, app: App, stopping: Event) -> None:
        self._app = app
        self._stopping = stopping

    @property
    def chunk(self) -> int:
        """How many mails are sent in one go: those of a second where their rate is limited."""
        rate = self._app.settings.mails_per_minute
        return max(1, min(campaigns.CHUNK, rate // 60)) if rate else campaigns.CHUNK

    def expand(self, campaign_id: str) -> None:
        """Make the deployments of a campaign and enqueue their mails."""
        self._app.expand(campaign_id, stopping=self._stopping.is_set)

    def send(self, campaign_id: str, chunk: str) -> None:
        """Send some mails of a campaign."""
        app = self._app
        sending.send_chunk(
            app.store,
            app.plugins,
            app.jobs.enqueue,
            campaign_id,
            chunk,
            public_url=app.settings.public_url,
            clock=app.now,
            at_most=self.chunk,
            stopping=self._stopping.is_set,
        )

    def sync(self, name: str) -> None:
        """Read a source on its schedule; what keeps it from that is an event."""
        app = self._app
        try:
            sources.read(app.store, app.plugins, name, now=app.now())
        except OffhookError:
            return  # it has raised an event
        failed: OffhookError | None = None
        try:
            app.sync(Wanted(sources=[name]), deploy=True)
        except OffhookError as error:
            failed = error
        sources.note_sync(app.store, name, failed, now=app.now())

    def sweep(self) -> None:
        """Every minute: bring back, read and end what is due, tell of what happened."""
        app = self._app
        sources.enqueue_due(app.store, app.jobs.enqueue, app.jobs.unfinished, now=app.now())
        campaigns.sweep(
            app.store, enqueue=app.jobs.enqueue, unfinished=app.jobs.unfinished, now=app.now()
        )
        pacing.repeat(app.store, lambda tx, limit: tx.deployments.expire(app.now(), limit))
        notices.send(app.store, app.plugins, public_url=app.settings.public_url)

    def authorize(self) -> None:
        """Every morning: renew authorisations in time, and tell of those that end."""
        app = self._app
        authorizations.look_after(app.store, app.plugins, actor=app.actor, now=app.now())

    def watch(self) -> None:
        """Every morning: tell of certificates of this server that end."""
        app = self._app
        expiry.look_after(app.settings, app.store, now=app.now())

    def see(self) -> None:
        """Every ten minutes: ask gateways whose clients have come."""
        app = self._app
        registrations.look_after(app.store, app.plugins, now=app.now())

    def clean_up(self) -> None:
        """Every night: forget what nobody needs any more."""
        app = self._app
        old = app.now() - tokens.REMEMBERED
        pacing.repeat(app.store, lambda tx, limit: tx.deployments.forget_hashes(old, limit))
        with app.store.write() as tx:
            tx.deployments.delete_grants(app.now())
        clientlogs.forget(app.store, now=app.now())
        app.jobs.clean_up(app.now())
