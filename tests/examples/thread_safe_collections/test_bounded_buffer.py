"""bounded_buffer: the limit holds, nothing is lost, and a light put overtakes one that does not fit."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.thread_safe_collections import bounded_buffer
from examples.thread_safe_collections.bounded_buffer import AsyncBoundedBuffer, BoundedBuffer
from examples.thread_safe_collections.told_condition import ToldCondition

BOUND = 30.0  # seconds; every wait ends far sooner, or the test fails


def grams(parcel: int) -> int:
    return parcel


def watched() -> tuple[BoundedBuffer[int], ToldCondition]:
    van = BoundedBuffer[int](5000, grams)
    lock = threading.Lock()
    told = ToldCondition(lock)
    van._emptied, van._filled = told, threading.Condition(lock)
    return van, told


def test_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    bounded_buffer.main()
    assert capsys.readouterr().out == "True\nfull\n5001 will never fit\n"


def test_a_light_put_does_not_wait_behind_a_heavy_one() -> None:
    van, told = watched()
    van.put(4000)
    van.put(900)
    with ThreadPoolExecutor(2) as pool:
        heavy = pool.submit(van.put, 5000, BOUND)
        assert told.waits.acquire(timeout=BOUND)
        light = pool.submit(van.put, 200, BOUND)
        assert told.waits.acquire(timeout=BOUND)
        assert van.get(BOUND) == 4000
        light.result(BOUND)
        assert not heavy.done()
        assert [van.get(BOUND), van.get(BOUND), van.get(BOUND)] == [900, 200, 5000]
        heavy.result(BOUND)


def test_every_item_of_many_threads_arrives_once() -> None:
    van = BoundedBuffer[int](3, lambda _: 1)

    def fill(start: int) -> None:
        for item in range(start, start + 100):
            van.put(item, BOUND)

    with ThreadPoolExecutor(6) as pool:
        takers = [pool.submit(lambda: [van.get(BOUND) for _ in range(100)]) for _ in range(3)]
        for start in (0, 100, 200):
            pool.submit(fill, start)
        got = [item for taker in takers for item in taker.result(BOUND)]
    assert sorted(got) == list(range(300))


def test_time_limits() -> None:
    van = BoundedBuffer[int](5000, grams)
    with pytest.raises(TimeoutError, match="empty"):
        van.get(timeout=0.01)
    van.put(5000)
    with pytest.raises(TimeoutError, match="full"):
        van.put(1, timeout=0.01)
    assert van.get() == 5000


def test_tasks_wait_for_room_and_for_items() -> None:
    async def main() -> None:
        van = AsyncBoundedBuffer[int](5000, grams)
        getter = asyncio.create_task(van.get())
        await asyncio.sleep(1)
        await van.put(5000)
        assert await getter == 5000
        await van.put(4000)
        heavy = asyncio.create_task(van.put(2000))
        light = asyncio.create_task(van.put(1000))
        await asyncio.sleep(1)
        assert light.done()
        assert not heavy.done()
        assert await van.get() == 4000
        await heavy
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await van.put(5000)
        assert [await van.get(), await van.get()] == [1000, 2000]
        with pytest.raises(ValueError, match="never fit"):
            await van.put(5001)

    with virtual_clock():
        asyncio.run(main())


@pytest.mark.parametrize("cancel_first", [False, True])
def test_a_cancelled_get_passes_its_item_on(cancel_first: bool) -> None:
    async def main() -> None:
        van = AsyncBoundedBuffer[int](5000, grams)
        first, second = asyncio.create_task(van.get()), asyncio.create_task(van.get())
        await asyncio.sleep(1)
        if cancel_first:
            first.cancel()
        await van.put(900)
        first.cancel()
        async with asyncio.timeout(30):
            done, _ = await asyncio.wait([first, second], return_when=asyncio.ALL_COMPLETED)
        assert first.cancelled()
        assert second.result() == 900
        assert len(done) == 2

    with virtual_clock():
        asyncio.run(main())
