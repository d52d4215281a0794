"""Durable jobs on both databases: enqueued with our rows, run once, resumed after a death."""

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from offhook import jobs
from offhook.jobs import Jobs, Schedule, Worker, Workflow
from tests.lab.processes import wait_until


@pytest.fixture
def queued(store, database_url):
    """The store, with the queue's tables beside ours."""
    if store.engine.dialect.name == "postgresql":
        with store.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS dbos CASCADE"))
    jobs.migrate(database_url)
    return store


@contextmanager
def working(store, function, *, schedules=(), **limits):
    """Run a worker whose workflow "work" is *function*."""
    stopping = threading.Event()
    workflow = Workflow(name="work", function=function, **limits)
    worker = Worker(store, [workflow], list(schedules), heartbeat=1, stopping=stopping)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        stopping.set()
        thread.join(20)
    assert not thread.is_alive()


def enqueue(store, *ids, **options):
    queue = Jobs(store)
    with store.write() as tx:
        for each in ids:
            queue.enqueue(tx, "work", "campaign", each, **options)


def test_what_is_enqueued_runs_once_with_its_ids(queued):
    done = []
    enqueue(queued, "a", "b")
    with working(queued, lambda *ids: done.append(ids)):
        wait_until(lambda: len(done) == 2, "two workflows", timeout=15)
        enqueue(queued, "c")
        wait_until(lambda: len(done) == 3, "the third")

    assert sorted(done) == [("campaign", "a"), ("campaign", "b"), ("campaign", "c")]
    assert Jobs(queued).unfinished("work") == set()


def test_a_workflow_is_enqueued_with_our_rows_or_not_at_all(queued, now):
    def fail_halfway():
        with queued.write() as tx:
            tx.values.set("row", "there")
            Jobs(queued).enqueue(tx, "work", "a")
            raise KeyError

    with pytest.raises(KeyError):
        fail_halfway()

    with queued.read() as tx:
        assert tx.values.get("row") == ""
    assert Jobs(queued).unfinished("work") == set()


def test_what_waits_is_told_by_its_ids(queued):
    enqueue(queued, "a")
    enqueue(queued, "b", delay=timedelta(minutes=5))

    assert Jobs(queued).unfinished("work") == {("campaign", "a"), ("campaign", "b")}
    assert Jobs(queued).unfinished("other") == set()


def test_a_delayed_workflow_waits(queued):
    done = []
    enqueue(queued, "later", delay=timedelta(seconds=2))
    enqueue(queued, "now")
    with working(queued, lambda *ids: done.append(ids[1])):
        wait_until(lambda: done, "the one without delay", timeout=15)
        assert done == ["now"]
        wait_until(lambda: len(done) == 2, "the delayed one", timeout=15)


def test_a_workflow_that_fails_is_over_and_stops_nobody(queued):
    done = []

    def work(_, name):
        done.append(name)
        if name == "bad":
            raise ValueError(name)

    enqueue(queued, "bad", "good")
    with working(queued, work):
        wait_until(lambda: len(done) == 2, "both", timeout=15)
        wait_until(lambda: not Jobs(queued).unfinished("work"), "their end")


@pytest.mark.parametrize("forgotten", [False, True])
def test_the_work_of_a_dead_worker_is_resumed(queued, forgotten):
    """
    The worker that died left its workflow PENDING, and a heartbeat that has gone silent.

    Or none at all: it had been given up before, went on, and died before it said that it lives.
    """
    started, done = threading.Event(), []
    enqueue(queued, "a")
    with working(queued, lambda *_: started.set()) as worker:
        assert started.wait(15)
        wait_until(lambda: not Jobs(queued).unfinished("work"), "its end")
    pretend_death(queued, worker.executor_id, forgotten=forgotten)
    assert Jobs(queued).unfinished("work") == {("campaign", "a")}

    with working(queued, lambda *ids: done.append(ids)):
        wait_until(lambda: done, "the resumed workflow", timeout=15)

    with queued.read() as tx:
        assert tx.workers.alive_since(datetime.min.replace(tzinfo=UTC)) == []


def pretend_death(store, executor_id, *, forgotten):
    """Write what kill -9 leaves."""
    schema = "dbos." if store.engine.dialect.name == "postgresql" else ""
    with store.write() as tx:
        if not forgotten:
            silent_since = datetime.now(UTC) - timedelta(minutes=1)
            tx.workers.beat(executor_id, silent_since, forget_before=silent_since)
        tx.connection.execute(
            text(f"UPDATE {schema}workflow_status SET status = 'PENDING', executor_id = :executor"),
            {"executor": executor_id},
        )


def test_a_worker_that_stops_hands_back_what_it_was_at(queued):
    seen = []
    enqueue(queued, "a")
    release = threading.Event()

    def work(*_):
        seen.append(1)
        release.wait(jobs._PATIENCE + 2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "_PATIENCE", 1)
        with working(queued, work):
            wait_until(lambda: seen, "the start", timeout=15)
    release.set()

    assert Jobs(queued).unfinished("work") == {("campaign", "a")}
    with working(queued, lambda *_: seen.append(2)):
        wait_until(lambda: 2 in seen, "the second worker", timeout=15)


def test_only_one_of_many_takes_over(queued):
    now = datetime.now(UTC)
    with queued.write() as tx:
        tx.workers.beat("dead", now - timedelta(minutes=1), forget_before=now - timedelta(days=1))
        limit = now - timedelta(seconds=15)
        assert tx.workers.claim("dead", limit, now)
        assert not tx.workers.claim("dead", limit, now)
        assert tx.workers.claim("unknown", limit, now)
        assert not tx.workers.claim("unknown", limit, now)


def test_a_worker_that_has_been_silent_for_days_is_forgotten(store, now):
    with store.write() as tx:
        tx.workers.beat("old", now - timedelta(days=3), forget_before=now - timedelta(days=5))
        tx.workers.beat("new", now, forget_before=now - timedelta(days=2))
        assert tx.workers.alive_since(now - timedelta(days=9)) == ["new"]


def test_a_schedule_fires(queued):
    fired = []
    every_second = Schedule(name="tick", function=lambda: fired.append(1), cron="* * * * * *")
    with working(queued, lambda *_: None, schedules=[every_second]):
        wait_until(lambda: fired, "the schedule", timeout=20)

    assert fired


def test_starts_keep_their_distance(queued):
    done = []
    enqueue(queued, *"abcdefgh")
    with working(queued, lambda *_: done.append(time.monotonic()), at_once=8, seconds_apart=0.5):
        wait_until(lambda: len(done) == 3, "the first three", timeout=15)

    assert done[2] - done[0] > 0.9


def test_what_was_over_long_ago_is_deleted(queued):
    done = []
    enqueue(queued, "a")
    with working(queued, lambda *ids: done.append(ids)):
        wait_until(lambda: done, "the workflow", timeout=15)
        wait_until(lambda: not Jobs(queued).unfinished("work"), "its end")
    queue = Jobs(queued)
    queue.clean_up(datetime.now(UTC))
    assert count_workflows(queued) == 1

    queue.clean_up(datetime.now(UTC) + jobs.KEEP + timedelta(minutes=1))

    assert count_workflows(queued) == 0


def count_workflows(store):
    schema = "dbos." if store.engine.dialect.name == "postgresql" else ""
    with store.read() as tx:
        query = text(f"SELECT count(*) FROM {schema}workflow_status WHERE name = 'work'")
        return tx.connection.execute(query).scalar()
