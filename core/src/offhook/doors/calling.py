"""Calls into plugins: each in a daemon thread of its own, so that a hanging one can be left."""

from collections.abc import Callable, Iterator, Sequence
from queue import Empty, Queue, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Any

from attrs import frozen

from offhook.errors import OffhookError, PluginError

CHUNK = 500
FLUSH_SECONDS = 0.5
IDLE_SECONDS = 5.0

Outcome = tuple[Any, BaseException | None]
_END = object()


@frozen(kw_only=True)
class Limits:
    """
    How long a plugin may take, in seconds, before its call is abandoned.

    ``ask`` is for one answer, ``render`` for one configuration, ``stream`` for the silence between
    two chunks, ``step`` for one step of sending and for setting one batch of passwords.
    """

    ask: float = 10.0
    render: float = 2.0
    stream: float = 30.0
    step: float = 120.0


@frozen
class Call:
    """One hook of one plugin; ``limit`` is in seconds."""

    plugin: str
    hook: str
    limit: float
    function: Callable[..., Any]

    def __call__(self, **arguments: Any) -> Any:
        """Call the hook, here and now."""
        answer = self.function(**arguments)
        if answer is None:
            raise PluginError(self.plugin, f"{self.hook} answered nothing.")
        return answer


class Calls:
    """
    Calls hooks in threads of their own; ``hanging`` says which plugins must not be called again.

    Every way of calling raises `PluginError` for a stray exception and for a call past its limit;
    the errors of offhook pass. A thread that has answered waits a moment for the next call.
    """

    def __init__(self) -> None:
        self.hanging: dict[str, str] = {}
        self._idle: list[SimpleQueue[Callable[[], None]]] = []

    def ask(self, call: Call, **arguments: Any) -> Any:
        """Return the one answer of *call*."""
        answers: SimpleQueue[Outcome] = SimpleQueue()
        self._run(lambda: _answer(call, arguments, answers))
        return self._take(call, answers)

    def stream(self, call: Call, **arguments: Any) -> Iterator[Any]:
        """
        Yield what *call* answers, in constant memory; the plugin works a little ahead.

        Items travel in chunks of 500, fewer where they come slowly; the limit is for the silence
        between two chunks. What came before an error is yielded before it is raised.
        """
        chunks: Queue[Outcome] = Queue(maxsize=2)
        stop = Event()
        self._run(lambda: _pour(call, arguments, chunks, stop))
        try:
            while chunk := self._take(call, chunks):
                yield from chunk
        finally:
            stop.set()
            _drain(chunks)

    def step(self, call: Call, **arguments: Any) -> Iterator[Any]:
        """Yield what *call* answers; the plugin's generator advances only when this one does."""
        wishes: SimpleQueue[bool] = SimpleQueue()
        answers: SimpleQueue[Outcome] = SimpleQueue()
        self._run(lambda: _advance(call, arguments, wishes, answers))
        paused = False
        try:
            wishes.put(True)
            while (item := self._take(call, answers)) is not _END:
                paused = True
                yield item
                paused = False
                wishes.put(True)
        finally:
            wishes.put(False)
            if paused:
                self._take(call, answers)

    def _take(self, call: Call, answers: "Queue[Outcome] | SimpleQueue[Outcome]") -> Any:
        try:
            value, error = answers.get(timeout=call.limit)
        except Empty:
            reason = f"{call.hook} did not answer within {call.limit:g} seconds"
            self.hanging[call.plugin] = reason
            raise PluginError(
                call.plugin, f"{reason}; it is not called again before a restart."
            ) from None
        if error is None:
            return value
        raise as_ours(call, error)

    def _run(self, job: Callable[[], None]) -> None:
        try:
            inbox = self._idle.pop()
        except IndexError:
            inbox = SimpleQueue()
            Thread(target=self._work, args=(inbox,), name="plugin call", daemon=True).start()
        inbox.put(job)

    def _work(self, inbox: "SimpleQueue[Callable[[], None]]") -> None:
        while True:
            try:
                inbox.get(timeout=IDLE_SECONDS)()
            except Empty:
                try:
                    self._idle.remove(inbox)
                except ValueError:
                    continue  # somebody took it this very moment: a job is on its way
                return
            self._idle.append(inbox)


def as_ours(call: Call, error: BaseException) -> OffhookError:
    """Return *error* itself if it is one of ours, else what it says about the plugin."""
    if isinstance(error, OffhookError):
        return error
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    wrapped = PluginError(call.plugin, f"{call.hook} failed with {said}")
    wrapped.__cause__ = error
    return wrapped


# What follows runs in the plugin's thread. It catches everything: a plugin that exits ends its own
# call, not us.


def each_outcome(call: Call, many: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
    """Yield what *call* answers, or the error it raises, for each set of arguments in turn."""
    for arguments in many:
        try:
            yield call(**arguments), None
        except Exception as error:  # noqa: BLE001
            yield None, error


def _answer(call: Call, arguments: dict[str, Any], answers: "SimpleQueue[Outcome]") -> None:
    try:
        answers.put((call(**arguments), None))
    except BaseException as error:  # noqa: BLE001
        answers.put((None, error))


def _pour(call: Call, arguments: dict[str, Any], chunks: "Queue[Outcome]", stop: Event) -> None:
    """Put all that *call* answers into *chunks*, then an empty one; *stop* ends it early."""
    chunk: list[Any] = []
    flushed, failure = monotonic(), None
    try:
        items = call(**arguments)
        for item in items:
            chunk.append(item)
            if len(chunk) == CHUNK or monotonic() - flushed > FLUSH_SECONDS:
                chunks.put((chunk, None))
                chunk, flushed = [], monotonic()
                if stop.is_set():
                    _close(items)
                    break
    except BaseException as error:  # noqa: BLE001
        failure = error
    # These two never wait for a reader who has gone: it sets `stop`, then empties the queue of two.
    if chunk:
        chunks.put((chunk, None))
    chunks.put(([], failure))


def _advance(
    call: Call,
    arguments: dict[str, Any],
    wishes: "SimpleQueue[bool]",
    answers: "SimpleQueue[Outcome]",
) -> None:
    """Answer each wish with the next item of *call*, until it ends, fails or is to be closed."""
    try:
        items = iter(call(**arguments))
        while wishes.get():
            item = next(items, _END)
            answers.put((item, None))
            if item is _END:
                return
        _close(items)
        answers.put((_END, None))
    except BaseException as error:  # noqa: BLE001
        answers.put((None, error))


def _drain(chunks: "Queue[Outcome]") -> None:
    try:
        while True:
            chunks.get_nowait()
    except Empty:
        return


def _close(items: Any) -> None:
    """Close a generator; other iterables have nothing to close."""
    if hasattr(items, "close"):
        items.close()
