"""A call that hangs, until its test is over."""

from collections.abc import Callable, Iterator
from threading import Event

import pytest


@pytest.fixture
def never() -> Iterator[Callable[[], None]]:
    """A function that returns when the test is over; its thread ends then."""
    over = Event()

    def wait() -> None:
        over.wait(60)

    yield wait
    over.set()
