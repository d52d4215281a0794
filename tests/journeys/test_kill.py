"""kill -9 in the middle of a campaign: everybody gets one mail, and what is uncertain is said."""

import random
import time
from collections import Counter

import pytest
from attrs import frozen

from offhook.worker import CHUNKS_AT_ONCE
from tests.journeys.crowds import prepare
from tests.journeys.installation import Installation
from tests.lab.postgres import Postgres
from tests.lab.processes import wait_until
from tests.lab.smtp_sink import Faults, Sink, StartSink

SECONDS_PER_MAIL = 0.01  # so that a kill finds every connection at work


@frozen
class Size:
    """How much is sent, and how often its worker dies."""

    users: int
    kills: int


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.lab)])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Size:
    """The database of the installation: SQLite at full size, PostgreSQL for comparison."""
    if request.param == "sqlite":
        return Size(users=2000, kills=10)
    server: Postgres = request.getfixturevalue("postgres")
    monkeypatch.setenv("OFFHOOK_DATABASE", server.create_database())
    return Size(users=500, kills=3)


@pytest.mark.slow  # a worker is started eleven times, and two thousand mails go out
def test_after_ten_kills_everybody_got_one_mail_but_the_uncertain(
    database: Size, installation: Installation, start_sink: StartSink
):
    sink = start_sink(
        username="offhook", password="s3cret", faults=Faults(seconds_per_mail=SECONDS_PER_MAIL)
    )
    prepare(installation, sink, database.users)
    campaign = installation.json("deploy", "--all")["id"]

    for _ in range(database.kills):
        run_and_kill(installation, sink)
        assert sink.count() < database.users, "the kills came too late to mean anything"
    finish(installation, campaign, sink, database.users - CHUNKS_AT_ONCE * database.kills)

    report = installation.json("campaigns", "show", campaign, "--limit", database.users)
    by_state = Counter(each["delivery"] for each in report["deployments"])
    uncertain = {each["recipient"] for each in report["deployments"] if is_uncertain(each)}
    got = sink.recipients()
    assert set(by_state) <= {"sent", "uncertain"}
    assert sum(by_state.values()) == database.users
    assert set(got.values()) == {1}, f"got it twice: {got.most_common(5)}"
    missing = {f"u{number}@example.org" for number in range(database.users)} - set(got)
    assert missing <= uncertain
    assert 0 < len(uncertain) <= CHUNKS_AT_ONCE * database.kills

    stay_uncertain(installation, campaign, uncertain, sink)


def run_and_kill(installation: Installation, sink: Sink) -> None:
    """Let a worker send for a random while, then kill it."""
    before = sink.count()
    worker = installation.start("worker")
    try:
        worker.wait_until(lambda: sink.count() > before, "the next mail", timeout=30)
        time.sleep(random.uniform(0, 0.6))
    finally:
        worker.kill()


def finish(installation: Installation, campaign: str, sink: Sink, mails: int) -> None:
    """Let one more worker do what is left, *mails* at least, and stop it as Ctrl-C does."""
    worker = installation.start("worker")
    try:
        # Commands that ask for the state take the processor from the worker: they come last.
        worker.wait_until(lambda: sink.count() >= mails, "nearly all mails", timeout=60)
        wait_until(
            lambda: installation.json("campaigns", "show", campaign, "--limit", 1)["finished"],
            "the end of the campaign",
            timeout=60,
            detail=worker.tail,
        )
    finally:
        worker.stop(timeout=20)
    assert "Traceback" not in worker.tail(200)


def stay_uncertain(
    installation: Installation, campaign: str, uncertain: set[str], sink: Sink
) -> None:
    """Check that what is uncertain is sent again by choice only."""
    before = sink.recipients()
    shown = installation.run("campaigns", "show", campaign, "--delivery", "uncertain")
    assert f"{len(uncertain)} uncertain" in shown
    assert "may have arrived" in shown
    assert sink.recipients() == before

    installation.run("campaigns", "resend", campaign, "--uncertain")
    finish(installation, campaign, sink, before.total() + len(uncertain))

    assert sink.recipients() == before + Counter(dict.fromkeys(uncertain, 1))


def is_uncertain(deployment: dict[str, str]) -> bool:
    return deployment["delivery"] == "uncertain"
