"""What arrives together is answered together, in bounds, and one bad request spoils no other."""

import asyncio
import threading

import pytest

from offhook_server.batching import Batcher, Overloaded


def test_what_arrives_together_is_answered_together():
    batches, gate = [], threading.Event()

    def double(items):
        gate.wait(5)
        batches.append(len(items))
        return [item * 2 for item in items]

    async def run():
        batcher = Batcher(double)
        asks = [asyncio.ensure_future(batcher.ask(number)) for number in range(50)]
        await asyncio.sleep(0)
        gate.set()
        answers = await asyncio.gather(*asks)
        await batcher.close()
        return answers

    assert asyncio.run(run()) == [number * 2 for number in range(50)]
    assert len(batches) <= 2


def test_who_asks_again_in_the_moment_of_an_answer_is_answered_too():
    async def run():
        batcher = Batcher(lambda items: items)
        answers = [await batcher.ask(number) for number in range(20)]
        await batcher.close()
        return answers

    assert asyncio.run(asyncio.wait_for(run(), 5)) == list(range(20))


def test_one_that_fails_fails_alone():
    def invert(items):
        return [1 / item for item in items]

    async def run():
        batcher = Batcher(invert)
        answers = await asyncio.gather(*map(batcher.ask, (1, 0, 2)), return_exceptions=True)
        await batcher.close()
        return answers

    one, failed, half = asyncio.run(run())
    assert (one, half) == (1, 0.5)
    assert isinstance(failed, ZeroDivisionError)


def test_more_than_may_wait_is_turned_away():
    gate = threading.Event()

    def slow(items):
        gate.wait(5)
        return items

    async def run():
        batcher = Batcher(slow, size=1, waiting=3)
        asks = [asyncio.ensure_future(batcher.ask(1))]
        await asyncio.sleep(0.05)
        asks += [asyncio.ensure_future(batcher.ask(number)) for number in (2, 3, 4)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await batcher.ask(5)
        gate.set()
        answers = await asyncio.gather(*asks)
        await batcher.close()
        return answers

    assert asyncio.run(run()) == [1, 2, 3, 4]


def test_closing_answers_what_waits():
    async def run():
        batcher = Batcher(lambda items: items)
        ask = asyncio.ensure_future(batcher.ask(1))
        await asyncio.sleep(0)
        await batcher.close()
        return ask.done() and ask.result()

    assert asyncio.run(run()) == 1
