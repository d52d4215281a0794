"""A diagnosis of a profile: its checks, what each found, and what none of them can tell."""

from datetime import datetime
from typing import Literal

from attrs import frozen

from offhook.model.findings import Finding

Verdict = Literal["passed", "warnings", "failed", "inside view only", "not configured"]


@frozen(kw_only=True)
class Check:
    """
    One check: ``name`` is stable ("redirect", "download", "service", "profile", "process", or
    "connection NAME"), ``label`` is for people.
    """

    name: str
    label: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0


@frozen(kw_only=True)
class Diagnosis:
    """What became of the checks of a profile; ``host`` is the download host that was tried."""

    profile: str
    host: str
    at: datetime
    checks: tuple[Check, ...]
    remarks: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether a check did."""
        return any(each.verdict == "failed" for each in self.checks)


def verdict_of(findings: tuple[Finding, ...]) -> Verdict:
    """Return what findings come to: the worst level among them."""
    levels = {each.level for each in findings}
    if "failure" in levels:
        return "failed"
    return "warnings" if "warning" in levels else "passed"
