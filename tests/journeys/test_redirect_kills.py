"""kill -9 at either end of a redirect service: nobody gets two mails, and none is lost."""

from collections import Counter
from pathlib import Path

import pytest

from offhook.worker import CHUNKS_AT_ONCE
from tests.journeys.crowds import prepare
from tests.journeys.installation import Installation
from tests.journeys.redirecting import make_service
from tests.lab.pki import Pki
from tests.lab.processes import listens, wait_until
from tests.lab.smtp_sink import Faults, StartSink

USERS = 250
LOGIN = ("offhook", "s3cret")


@pytest.mark.slow  # a worker and a service are started twice, and hundreds of mails go out
def test_after_kills_at_both_ends_everybody_has_one_mail_but_those_in_flight(
    installation: Installation, start_sink: StartSink, pki: Pki, tmp_path: Path
) -> None:
    faults = Faults(seconds_per_mail=0.02)
    sink = start_sink(username=LOGIN[0], password=LOGIN[1], faults=faults)
    prepare(installation, sink, USERS)
    with make_service(tmp_path / "service", pki, sink, *LOGIN) as service:
        service.let_in(installation, "sender=it@example.org")
        server = installation.start("serve", "--no-worker")
        try:
            server.wait_until(lambda: listens(installation.port), "offhook serve", timeout=30)
            campaign = installation.json("deploy", "--all", "--transport", "away")["id"]
            worker = installation.start("worker")
            worker.wait_until(lambda: sink.count() > USERS // 5, "mails", timeout=60)
            worker.kill()

            worker = installation.start("worker")
            worker.wait_until(lambda: sink.count() > 2 * USERS // 5, "more mails", timeout=60)
            service.kill()
            in_flight = sink.count()
            assert in_flight < USERS, "it was killed too late to mean anything"
            service.start()
            wait_until(
                lambda: resume(installation, campaign) >= USERS - CHUNKS_AT_ONCE,
                "all but those that were in flight",
                timeout=90,
                detail=worker.tail,
            )
            worker.stop(timeout=20)
        finally:
            server.stop()

    report = installation.json("campaigns", "show", campaign, "--limit", USERS)["deployments"]
    states = Counter(each["delivery"] for each in report)
    assert set(states) <= {"sent", "queued"}
    assert sum(states.values()) == USERS
    got = sink.recipients()
    assert set(got.values()) == {1}, f"got it twice: {got.most_common(5)}"
    assert {each["recipient"] for each in report if each["delivery"] == "sent"} <= set(got)


def resume(installation: Installation, campaign: str) -> int:
    """Let go on at once what waits for the service; returns how many are sent."""
    installation.run("campaigns", "resume", campaign)
    counts = installation.json("campaigns", "show", campaign, "--limit", 1)["counts"]
    return int(counts.get("sent", 0))
