"""Durable jobs: queues, schedules, heartbeats; the only module that knows DBOS."""

import os
import secrets
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from attrs import frozen
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions, ScheduleInput

from offhook.errors import Unreachable
from offhook.store.store import Store, Transaction

APPLICATION = "offhook"
VERSION = "1"  # raised only when a workflow gets steps that are incompatible with running ones
POLLING_SECONDS = 0.1
KEEP = timedelta(days=2)
_BEATS = 3
_UNFINISHED = ["ENQUEUED", "DELAYED", "PENDING"]
_OVER = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_BATCH = 1000
_PATIENCE = 10  # seconds that running workflows get to come to an end when a worker stops


def migrate(url: str) -> None:
    """Make or bring up to date the tables of the queue, in the database at *url*."""
    DBOS.migrate(url)


class Jobs:
    """Enqueues workflows and looks after them; runs none, and connects when it is used."""

    def __init__(self, store: Store) -> None:
        self._client = DBOSClient(
            system_database_engine=store.engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
        )

    def enqueue(
        self, tx: Transaction, name: str, *ids: str, delay: timedelta | None = None
    ) -> None:
        """Enqueue workflow *name* for *ids*; it exists from the commit of *tx* on."""
        options = EnqueueOptions(workflow_name=name, queue_name=name, app_version=VERSION)
        if delay:
            options["delay_seconds"] = delay.total_seconds()
        self._client.enqueue_in_transaction(tx.connection, options, *ids)

    def register_queue(self, workflow: "Workflow") -> None:
        """Make the queue that enqueued workflows of this kind wait in, or change its limits."""
        apart = workflow.seconds_apart
        self._client.register_queue(
            workflow.name,
            worker_concurrency=workflow.at_once,
            limiter={"limit": 1, "period": apart} if apart else None,
            polling_interval_sec=POLLING_SECONDS,
        )

    def unfinished(self, name: str) -> set[tuple[str, ...]]:
        """Return the ids of every workflow *name* that waits or runs."""
        found = self._client.list_workflows(name=name, status=_UNFINISHED, load_output=False)
        return {tuple(each.input["args"]) for each in found if each.input}

    def clean_up(self, now: datetime) -> None:
        """Delete what was over two days ago."""
        before = (now - KEEP).isoformat()
        while found := self._client.list_workflows(
            status=_OVER, completed_before=before, limit=_BATCH, load_input=False, load_output=False
        ):
            self._client.delete_workflows([each.workflow_id for each in found])

    def executors(self) -> set[str]:
        """Return who took the workflows that are running, or were when their worker died."""
        found = self._client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {each.executor_id for each in found if each.executor_id}

    def resume(self, executor_id: str) -> None:
        """Put what a dead worker was at back into its queues."""
        found = self._client.list_workflows(
            status="PENDING", executor_id=executor_id, load_input=False, load_output=False
        )
        by_queue: dict[str | None, list[str]] = {}
        for each in found:
            by_queue.setdefault(each.queue_name, []).append(each.workflow_id)
        for queue, ids in by_queue.items():
            self._client.resume_workflows(ids, queue_name=queue)


@frozen(kw_only=True)
class Workflow:
    """
    A function that runs for ids from the queue of its name.

    ``at_once`` limits how many run in one worker; at least ``seconds_apart`` pass between two
    starts in all workers together. It must be repeatable: after a crash it runs again.
    """

    name: str
    function: Callable[..., None]
    at_once: int = 1
    seconds_apart: float = 0


@frozen(kw_only=True)
class Schedule:
    """A function that one of the workers runs at the times of a cron expression, in UTC."""

    name: str
    function: Callable[[], None]
    cron: str


class Worker:
    """
    Runs workflows until it is stopped; one per process, as DBOS is one per process.

    ``stopping`` is set once it is asked to stop: long workflows look at it and come to an end.
    """

    def __init__(
        self,
        store: Store,
        workflows: list[Workflow],
        schedules: list[Schedule],
        *,
        heartbeat: int,
        stopping: Event,
    ) -> None:
        self.executor_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.stopping = stopping
        self._store = store
        self._jobs = Jobs(store)
        self._workflows = workflows
        self._schedules = schedules
        self._heartbeat = heartbeat

    def run(self) -> None:
        """Work until ``stopping`` is set, then let what runs come to an end."""
        self._beat()
        self._launch()
        try:
            while not self.stopping.wait(self._heartbeat):
                self._live_on()
        finally:
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=_PATIENCE)
            self._leave()

    def _launch(self) -> None:
        threads = sum(each.at_once for each in self._workflows) + len(self._schedules) + 2
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._store.engine,
                "serializer": DBOSPortableJSONSerializer(),
                "application_version": VERSION,
                "executor_id": self.executor_id,
                "max_executor_threads": threads,
                "run_migrations": False,
                "log_level": "WARNING",
            }
        )
        schedules = [_register_schedule(each) for each in self._schedules]
        for workflow in self._workflows:
            _register(workflow)
            self._jobs.register_queue(workflow)
        DBOS.launch()  # looks for queues now, and then each second
        DBOS.apply_schedules(schedules)

    def _live_on(self) -> None:
        """Say that this worker lives, and do the work of those that do not; try again later."""
        try:
            self._beat()
            self._take_over()
        except Unreachable as error:
            DBOS.logger.warning(str(error))

    def _beat(self) -> None:
        with self._store.write() as tx:
            now = datetime.now(UTC)
            tx.workers.beat(self.executor_id, now, forget_before=now - KEEP)

    def _take_over(self) -> None:
        """Resume what those were at who are not heard of, even if they have been forgotten."""
        now = datetime.now(UTC)
        limit = now - timedelta(seconds=_BEATS * self._heartbeat)
        executors = self._jobs.executors()
        with self._store.read() as tx:
            alive = tx.workers.alive_since(limit)
        for executor_id in executors.difference(alive):
            with self._store.write() as tx:
                mine = tx.workers.claim(executor_id, limit, now)
            if mine:
                self._jobs.resume(executor_id)
                self._forget(executor_id)

    def _leave(self) -> None:
        """Hand back what is left at once, so that nobody has to wait for the silence."""
        self._jobs.resume(self.executor_id)
        self._forget(self.executor_id)

    def _forget(self, executor_id: str) -> None:
        with self._store.write() as tx:
            tx.workers.forget(executor_id)


def _register(workflow: Workflow) -> None:
    def run(*ids: str) -> None:
        workflow.function(*ids)

    DBOS.workflow(name=workflow.name)(run)


def _register_schedule(schedule: Schedule) -> ScheduleInput:
    def run(scheduled_at: datetime, context: Any) -> None:
        schedule.function()

    return ScheduleInput(
        schedule_name=schedule.name,
        workflow_fn=DBOS.workflow(name=schedule.name)(run),
        schedule=schedule.cron,
    )
