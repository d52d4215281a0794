"""How a check of a site words what it finds."""

from offhook.model.findings import Finding, Level


def say(level: Level, code: str, summary: str, action: str = "", meaning: str = "") -> Finding:
    """Return a finding; *code* is what it is about."""
    return Finding(
        level=level, code=f"topology-{code}", summary=summary, action=action, meaning=meaning
    )
