"""Answers together what arrives together: one call, and so one commit, for all that wait."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Overloaded(Exception):
    """Too much waits already; try again later."""


class Batcher(Generic[Item, Result]):
    """
    Calls a blocking function with everything that waits, off the event loop.

    ``function`` answers a list of items in their order. ``waiting`` bounds how many may wait,
    ``size`` how many are answered together. Used from one event loop.
    """

    def __init__(
        self,
        function: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        size: int = 128,
        waiting: int = 2000,
    ) -> None:
        self._function = function
        self._size = size
        self._most = waiting
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._thread = ThreadPoolExecutor(1)
        self._working = False
        self._task: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Result:
        """Return the answer for *item*; raises `Overloaded`, and whatever the function raises."""
        if len(self._waiting) >= self._most:
            raise Overloaded
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if not self._working:
            self._working = True
            self._task = loop.create_task(self._work())
        return await future

    async def close(self) -> None:
        """Answer what waits, then end the thread."""
        if self._task:
            await self._task
        self._thread.shutdown()

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                batch = self._waiting[: self._size]
                del self._waiting[: self._size]
                if not await self._answer(batch):
                    for each in batch:
                        await self._answer([each])
        finally:
            # In the same turn in which nothing was found waiting: the next one starts a new task.
            self._working = False

    async def _gather(self) -> None:
        """Let the loop go on as long as every turn of it brings more: fewer, larger batches."""
        known = 0
        while known < len(self._waiting) < self._size:
            known = len(self._waiting)
            await asyncio.sleep(0)

    async def _answer(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> bool:
        """Hand out the answers; a batch of many that fails is left to be asked one by one."""
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(self._thread, self._function, [item for item, _ in batch])
        await asyncio.wait([call])
        error = call.exception()
        if error and len(batch) > 1:
            return False
        answers: Sequence[Result] = [] if error else call.result()
        for (_, future), answer in zip(batch, answers, strict=not error):
            if not future.done():
                future.set_result(answer)
        if error and not batch[0][1].done():
            batch[0][1].set_exception(error)
        return True
