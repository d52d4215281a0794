"""Runs a diagnosis: all checks at once, each with a limit, and each told as it ends."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import datetime
from time import monotonic

from attrs import evolve

from offhook.diagnostics.plans import Plan, Task
from offhook.errors import OffhookError
from offhook.model.diagnoses import Check, Diagnosis
from offhook.model.findings import Finding

LIMIT = 120.0  # seconds that each check gets


def run(
    plan: Plan, *, now: datetime, on_done: Callable[[Check], None], limit: float = LIMIT
) -> Diagnosis:
    """Make all checks of *plan* at once; *on_done* is told each as it ends, in this thread."""
    pool = ThreadPoolExecutor(len(plan.tasks))
    started: dict[Future[Check], Task] = {pool.submit(_make, task): task for task in plan.tasks}
    done: dict[str, Check] = {}
    try:
        for future in as_completed(started, timeout=limit):
            check = future.result()
            done[check.name] = check
            on_done(check)
    except TimeoutError:
        for task in plan.tasks:
            if task.name not in done:
                done[task.name] = _late(task, limit)
                on_done(done[task.name])
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return Diagnosis(
        profile=plan.profile,
        host=plan.host,
        at=now,
        checks=tuple(done[task.name] for task in plan.tasks),
        remarks=plan.remarks,
    )


def _make(task: Task) -> Check:
    """Make one check; what cannot be asked is a finding of it."""
    began = monotonic()
    try:
        check = task.run()
    except OffhookError as error:
        finding = Finding(
            level="failure", code="check-failed", summary=str(error), action=error.hint
        )
        check = Check(name=task.name, label=task.label, verdict="failed", findings=(finding,))
    return evolve(check, label=task.label, seconds=round(monotonic() - began, 3))


def _late(task: Task, limit: float) -> Check:
    finding = Finding(
        level="failure",
        code="check-late",
        summary=f"Nothing was told within {limit:g} s.",
        meaning="Somebody on the way accepts what is asked and never answers.",
        action="Run this again; if it stays so, look at the system and at what is in between.",
    )
    return Check(
        name=task.name, label=task.label, verdict="failed", findings=(finding,), seconds=limit
    )
