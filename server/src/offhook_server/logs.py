"""Log lines for machines: one JSON object each, never with a token in it."""

import asyncio
import json
import logging
import sys
from typing import Any, TextIO, cast

import structlog
from starlette.requests import Request

from offhook.provisioning import tokens

_log = structlog.get_logger("offhook")
_encode = json.JSONEncoder(default=str).encode


def _to_json(event: Any, **_: Any) -> str:
    return _encode(event)


_renderer = structlog.processors.JSONRenderer(serializer=_to_json)


class _Lines:
    """Writes what one turn of the event loop logs at once: a write for each costs too much."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []

    def write(self, text: str) -> None:
        """Keep a line until the loop has done what is at hand; without a loop, write it."""
        self._lines.append(text)
        if len(self._lines) == 1:
            try:
                asyncio.get_running_loop().call_soon(self._write_all)
            except RuntimeError:
                self._write_all()

    def flush(self) -> None:
        """Nothing: the loop does it."""

    def _write_all(self) -> None:
        self._stream.write("".join(self._lines))
        self._stream.flush()
        self._lines.clear()


def configure() -> None:
    """Write JSON lines to standard error, those of the libraries too, from warnings upwards."""
    shared = [structlog.processors.TimeStamper(fmt="iso", utc=True)]
    structlog.configure(
        processors=[*shared, _renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, _Lines(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def note(request: Request, route: str, status: int, reason: str = "", token: str = "") -> None:
    """Write one line about an answered request; of the token only the start of its hash."""
    _log.info(
        route,
        status=status,
        reason=reason,
        token=tokens.hash_of(token)[:12] if token else "",
        client=request.client.host if request.client else "",
    )


def warn(text: str) -> None:
    """Write one line about something that an administrator has to see to."""
    _log.warning(text)
