"""Checks run at once, each with a limit; what cannot be asked is a finding and stops no other."""

import threading
import time
from datetime import UTC, datetime

from offhook.diagnostics.plans import Plan, Task
from offhook.diagnostics.runs import run
from offhook.errors import Unreachable
from offhook.model.diagnoses import Check
from offhook.model.findings import Finding

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def passing(name):
    return Check(name=name, label=name, verdict="passed")


def diagnose(tasks, **words):
    plan = Plan(profile="staff", host="phones.example.org", tasks=tuple(tasks), remarks=("r",))
    told = []
    found = run(plan, now=NOW, on_done=lambda check: told.append(check.name), **words)
    return found, told


def test_all_checks_run_at_once_and_are_told_as_they_end():
    both = threading.Barrier(2, timeout=5)

    def slow():
        both.wait()
        time.sleep(0.1)
        return passing("slow")

    def quick():
        both.wait()
        return passing("quick")

    found, told = diagnose([Task("slow", "Slow", slow), Task("quick", "Quick", quick)])

    assert told == ["quick", "slow"]
    assert [check.name for check in found.checks] == ["slow", "quick"]
    assert found.checks[0].label == "Slow"
    assert found.checks[0].seconds >= 0.1
    assert not found.failed
    assert (found.profile, found.at, found.remarks) == ("staff", NOW, ("r",))


def test_what_cannot_be_asked_is_a_finding_with_what_to_do():
    def fail():
        raise Unreachable("The PBX does not answer.", hint="Switch it on.")

    found, _ = diagnose([Task("a", "A", fail), Task("b", "B", lambda: passing("b"))])

    assert [check.verdict for check in found.checks] == ["failed", "passed"]
    (finding,) = found.checks[0].findings
    assert finding == Finding(
        level="failure",
        code="check-failed",
        summary="The PBX does not answer.",
        action="Switch it on.",
    )
    assert found.failed


def test_a_check_past_its_limit_is_left_and_the_others_count():
    release = threading.Event()

    def hang():
        release.wait(30)
        return passing("hang")

    began = time.monotonic()
    tasks = [Task("hang", "Hang", hang), Task("b", "B", lambda: passing("b"))]
    found, told = diagnose(tasks, limit=0.3)
    release.set()

    assert time.monotonic() - began < 5
    assert told == ["b", "hang"]
    assert [check.verdict for check in found.checks] == ["failed", "passed"]
    assert found.checks[0].findings[0].code == "check-late"
