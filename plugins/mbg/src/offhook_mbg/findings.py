"""Findings about a border gateway, by the step that they were made in."""

from offhook.api import Finding, Level


def tell(
    level: Level,
    step: str,
    summary: str,
    meaning: str = "",
    action: str = "",
) -> Finding:
    """Return what was found in *step*."""
    code = f"mbg-{step}"
    return Finding(level=level, code=code, summary=summary, meaning=meaning, action=action)
