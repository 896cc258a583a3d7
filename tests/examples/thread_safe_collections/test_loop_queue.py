"""loop_queue: backpressure, closing from both ends, cancellation that loses nothing."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from examples.thread_safe_collections import loop_queue
from examples.thread_safe_collections.loop_queue import Closed, LoopQueue
from examples.thread_safe_collections.told_condition import ToldCondition

BOUND = 30.0  # seconds; every wait ends far sooner, or the test fails


def watched(maxsize: int) -> tuple[LoopQueue[int], threading.Semaphore]:
    """A queue, and what a put that waits releases."""
    quotes, told = LoopQueue[int](maxsize), ToldCondition()
    quotes._room = told
    return quotes, told.waits


def in_pool(call: Callable[[], Any]) -> Future[Any]:
    pool = ThreadPoolExecutor(1)
    future = pool.submit(call)
    pool.shutdown(wait=False)
    return future


def test_the_program_prints_each_quote(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(loop_queue.main())
    assert capsys.readouterr().out == "[840, 990, 1680, 1980, 2520, 2970]\n"


def test_a_carrier_that_fails_is_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(quotes: LoopQueue[int], cents: int) -> None:
        raise ConnectionError(cents)

    monkeypatch.setattr(loop_queue, "carrier", fail)
    with pytest.raises(ExceptionGroup) as failure:
        asyncio.run(loop_queue.main())
    assert failure.group_contains(ConnectionError)


def test_a_carrier_ends_when_the_loop_wants_no_more() -> None:
    async def main() -> None:
        quotes, waiting = watched(1)
        async with quotes:
            future = in_pool(lambda: loop_queue.both_carriers(quotes))
            assert await asyncio.to_thread(waiting.acquire, timeout=BOUND)
        assert await asyncio.to_thread(future.result, BOUND) is None

    asyncio.run(main())


def test_a_thread_waits_for_room_and_order_is_kept() -> None:
    async def main() -> None:
        quotes, waiting = watched(1)
        future = in_pool(lambda: [quotes.put(number, BOUND) for number in range(50)])  # type: ignore[func-returns-value]
        assert await asyncio.to_thread(waiting.acquire, timeout=BOUND)
        assert not future.done()
        assert [await quotes.get() for _ in range(50)] == list(range(50))
        future.result(BOUND)

    asyncio.run(main())


def test_full_says_that_the_item_is_not_queued() -> None:
    async def main() -> None:
        quotes = LoopQueue[int](1)
        quotes.put(1, timeout=0)
        with pytest.raises(queue.Full):
            quotes.put(2, timeout=0)
        with pytest.raises(queue.Full):
            await asyncio.to_thread(quotes.put, 2, 0.01)
        assert await quotes.get() == 1
        quotes.close()
        with pytest.raises(Closed):
            await quotes.get()

    asyncio.run(main())


def test_a_blocking_put_in_the_loop_is_refused() -> None:
    async def main() -> None:
        quotes = LoopQueue[int](1)
        with pytest.raises(RuntimeError, match="its own loop"):
            quotes.put(1)

    asyncio.run(main())


def test_leaving_the_block_ends_the_threads_that_wait() -> None:
    async def main() -> None:
        quotes, waiting = watched(1)
        async with quotes:
            quotes.put(1, timeout=0)
            future = in_pool(lambda: quotes.put(2))
            assert await asyncio.to_thread(waiting.acquire, timeout=BOUND)
        assert isinstance(await asyncio.to_thread(future.exception, BOUND), Closed)
        with pytest.raises(Closed):
            await asyncio.to_thread(quotes.put, 3)

    asyncio.run(main())


def test_close_ends_every_task_after_the_last_item() -> None:
    async def main() -> None:
        quotes, got = LoopQueue[int](8), []

        async def take() -> None:
            async for cents in quotes:
                got.append(cents)

        takers = [asyncio.create_task(take()) for _ in range(3)]
        await asyncio.sleep(0)
        for cents in range(5):
            await asyncio.to_thread(quotes.put, cents, BOUND)
        await asyncio.to_thread(quotes.close)
        quotes.close()
        await asyncio.wait_for(asyncio.gather(*takers), BOUND)
        assert sorted(got) == [0, 1, 2, 3, 4]

    asyncio.run(main())


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("cancel_first", [False, True])
def test_a_cancelled_get_loses_nothing(turns: int, cancel_first: bool) -> None:
    async def main() -> None:
        quotes = LoopQueue[int](8)
        first = asyncio.create_task(quotes.get())
        second = asyncio.create_task(quotes.get())
        await asyncio.sleep(0)
        if cancel_first:
            first.cancel()
        quotes.put(840, timeout=0)
        for _ in range(turns):
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        if first.cancelled():
            assert await asyncio.wait_for(second, BOUND) == 840
        else:
            assert first.result() == 840
            second.cancel()

    asyncio.run(main())


def test_a_closed_loop_takes_nothing() -> None:
    async def make() -> LoopQueue[int]:
        return LoopQueue[int](1)

    quotes = asyncio.run(make())
    with pytest.raises(RuntimeError, match="closed"):
        quotes.put(1)
    quotes.close()
    with pytest.raises(Closed):
        quotes.put(1)


def test_no_room_at_all_is_refused() -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="maxsize"):
            LoopQueue[int](0)

    asyncio.run(main())
