"""What plugins answer is looked at before core believes it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from offhook.doors.calling import Call, as_ours
from offhook.errors import OffhookError, PluginError
from offhook.model.documents import RenderedConfig


def expect(call: Call, answer: object, *kinds: type) -> None:
    """Raise `PluginError` unless *answer* is of one of these kinds."""
    if not isinstance(answer, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        got = type(answer).__name__
        raise PluginError(call.plugin, f"{call.hook} answered {got} instead of {wanted}.")


def rendered(
    call: Call, answer: RenderedConfig, error: BaseException | None
) -> RenderedConfig | OffhookError:
    """Return what was rendered, or what went wrong as an error of ours."""
    if error:
        return as_ours(call, error)
    try:
        expect(call, answer, RenderedConfig)
        expect(call, answer.body, bytes)
    except PluginError as wrong:
        return wrong
    return answer


def each_of(items: Iterator[Any], check: Callable[[Any], object]) -> Iterator[Any]:
    """Yield *items*, each after its *check*; an early end closes their source."""
    with closing(items):  # type: ignore[type-var]
        for item in items:
            check(item)
            yield item
