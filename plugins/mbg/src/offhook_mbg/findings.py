"""Findings about a border gateway, by the step that they were made in."""

from offhook.api import Finding, OffhookError


def ok(step: str, summary: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(level="ok", code=f"mbg-{step}", summary=summary)


def note(step: str, summary: str, meaning: str = "") -> Finding:
    """Return something worth knowing."""
    return Finding(level="note", code=f"mbg-{step}", summary=summary, meaning=meaning)


def warning(step: str, summary: str, meaning: str, action: str) -> Finding:
    """Return something that will be, or that partly is, in the way."""
    code = f"mbg-{step}"
    return Finding(level="warning", code=code, summary=summary, meaning=meaning, action=action)


def failure(step: str, error: OffhookError) -> Finding:
    """Return what nothing works without."""
    return Finding(
        level="failure",
        code=f"mbg-{step}",
        summary=str(error),
        meaning="Credentials and users cannot be read until this is put right.",
        action=error.hint,
    )
