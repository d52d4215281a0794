"""Connections to the mail server, which stay open for a while: the next mail is soon there."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from time import monotonic

from attrs import frozen

from offhook_email_smtp import Options
from offhook_email_smtp.client import Session
from offhook_email_smtp.opening import opened

IDLE = 10.0  # seconds: mail servers hang up on who says nothing, mostly after minutes


@frozen
class _Open:
    """A session, what closes it, and since when it waits."""

    session: Session
    end: ExitStack
    since: float


class Sessions:
    """Sessions for threads, each for one mail at a time."""

    def __init__(self, options: Options, clock: Callable[[], float] = monotonic) -> None:
        self._options = options
        self._clock = clock
        self._lock = Lock()
        self._idle: list[_Open] = []

    @contextmanager
    def one(self, *, fresh: bool) -> Iterator[Session]:
        """
        Yield a session that is ready for a mail, a new one where it has to be *fresh*.

        Afterwards it waits for the next mail; with an exception it is closed at once. Raises
        `Unreachable` or `Refused`.
        """
        taken = None if fresh else self._take()
        end = ExitStack()
        session = taken.session if taken else end.enter_context(opened(self._options))
        with taken.end if taken else end as ending:
            yield session
            if session.alive:
                with self._lock:
                    self._idle.append(_Open(session, ending.pop_all(), self._clock()))

    def close(self) -> None:
        """Close those that wait."""
        with self._lock:
            waiting, self._idle = self._idle, []
        for each in waiting:
            each.end.close()

    def _take(self) -> _Open | None:
        """Return the one that waits the shortest; those that wait for too long are closed."""
        with self._lock:
            newest = self._idle.pop() if self._idle else None
        if newest and self._clock() - newest.since > IDLE:
            newest.end.close()
            self.close()
            return None
        return newest
