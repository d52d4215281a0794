"""Which hook a test of the contract is about."""

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., None])


def needs(hook: str) -> Callable[[Test], Test]:
    """Mark a test of the contract as one for plugins that implement *hook*."""

    def mark(test: Test) -> Test:
        test.hook = hook  # type: ignore[attr-defined]
        return test

    return mark
