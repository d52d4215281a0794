"""What an administrator is told: lines of a diagnosis, and events."""

from datetime import datetime
from typing import Literal

from attrs import frozen

Level = Literal["ok", "note", "warning", "failure"]
Severity = Literal["warning", "minor", "major"]


@frozen(kw_only=True)
class Finding:
    """
    One line of a diagnosis.

    ``code`` is stable; ``summary`` says what was seen, ``meaning`` what follows from it, ``action``
    what to do.
    """

    level: Level
    code: str
    summary: str
    meaning: str = ""
    action: str = ""


@frozen(kw_only=True)
class Event:
    """Something that an administrator should know; open until ``resolved_at``."""

    id: int
    severity: Severity
    code: str
    subject: str
    text: str
    raised_at: datetime
    resolved_at: datetime | None = None
