"""Log lines: which kind of request, by which server, how it ended. Never what was in it."""

import structlog
from starlette.requests import Request

_log = structlog.get_logger("offhook.redirect")


def note(request: Request, status: int, code: str = "") -> None:
    """Write one line about an answered request: its kind, never its path or who sent it."""
    _log.info(_kind(request), status=status, code=code, server=getattr(request.state, "server", ""))


def warn(text: str) -> None:
    """Write one line about something that the operator has to see to."""
    _log.warning(text)


def _kind(request: Request) -> str:
    route = request.scope.get("route")
    return str(getattr(route, "path", "other"))
