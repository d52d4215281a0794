"""A campaign as an administrator sees it: waited for, failing in part, stopped and gone on with."""

from tests.journeys.crowds import prepare
from tests.journeys.installation import Installation
from tests.lab.processes import wait_until
from tests.lab.smtp_sink import Faults, StartSink

LOGIN = {"username": "offhook", "password": "s3cret"}


def test_deploy_waits_and_tells_who_got_no_mail(installation: Installation, start_sink: StartSink):
    faults = Faults(permanent={"u3@example.org": -1}, temporary={"u5@example.org": -1})
    sink = start_sink(faults=faults, **LOGIN)
    prepare(installation, sink, 6)
    worker = installation.start("worker")
    try:
        campaign = installation.json("deploy", "--all")["id"]
        done = {"failed": 1, "queued": 1, "sent": 4}
        wait_until(
            lambda: installation.json("campaigns", "show", campaign)["counts"] == done,
            "what can be sent",
            timeout=30,
            detail=worker.tail,
        )
        shown = installation.run("deploy", "10000", "10003", "--wait", expect=3)
    finally:
        worker.stop(timeout=20)

    by_user = {
        each["recipient"]: each
        for each in installation.json("campaigns", "show", campaign)["deployments"]
    }
    assert "550 5.1.1 nobody" in by_user["u3@example.org"]["detail"]
    assert "451 4.2.0 later" in by_user["u5@example.org"]["detail"]
    assert by_user["u5@example.org"]["attempts"] == 1
    assert by_user["u5@example.org"]["not_before"]
    assert "1 failed, 1 sent" in shown
    assert sink.count() == 5


def test_a_worker_that_is_stopped_leaves_nothing_uncertain(
    installation: Installation, start_sink: StartSink
):
    users = 400
    sink = start_sink(faults=Faults(seconds_per_mail=0.01), **LOGIN)
    prepare(installation, sink, users)
    campaign = installation.json("deploy", "--all")["id"]
    for _ in range(2):
        before = sink.count()
        worker = installation.start("worker")
        worker.wait_until(lambda at=before: sink.count() > at, "the next mail", timeout=30)
        worker.stop(timeout=20)
        assert sink.count() < users, "it was stopped too late to mean anything"
        counts = installation.json("campaigns", "show", campaign, "--limit", 1)["counts"]
        assert counts.get("sent") == sink.count()
        assert set(counts) == {"sent", "queued"}

    worker = installation.start("worker")
    try:
        worker.wait_until(lambda: sink.count() == users, "the rest", timeout=60)
    finally:
        worker.stop(timeout=20)
    assert set(sink.recipients().values()) == {1}


def test_a_mail_server_that_is_down_is_an_event_and_loses_nothing(
    installation: Installation, start_sink: StartSink
):
    sink = start_sink(**LOGIN)
    prepare(installation, sink, 3)
    sink.stop()
    worker = installation.start("worker")
    try:
        campaign = installation.json("deploy", "--all")["id"]
        events = wait_until(
            lambda: installation.json("events", "list"), "the event", timeout=30, detail=worker.tail
        )
    finally:
        worker.stop(timeout=20)

    assert [(each["code"], each["subject"]) for each in events] == [
        ("transport-unreachable", "mail")
    ]
    found = installation.json("campaigns", "show", campaign)
    assert found["counts"] == {"queued": 3}
    assert all(each["not_before"] and each["detail"] for each in found["deployments"])
