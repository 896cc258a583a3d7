"""Iterators that threads and tasks share: each item once, each branch everything, and failures seen by all."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import aclosing

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.thread_safe_collections.shared_iterators import FailsForAll, ForTasks, SerializedIterator, shared_tee

SOON = 0.05


def test_two_threads_take_turns_in_one_generator() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def labels() -> Iterator[int]:
        for number in (1, 2):
            inside.set()
            assert go_on.wait(60)
            yield number

    shared = SerializedIterator(labels())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(next, shared)
        assert inside.wait(60)
        second = pool.submit(next, shared)
        assert not wait([second], SOON).done
        go_on.set()
        assert sorted([first.result(60), second.result(60)]) == [1, 2]


def test_each_item_goes_to_one_thread() -> None:
    shared = SerializedIterator(number for number in range(1000))
    with ThreadPoolExecutor(4) as pool:
        taken = [job.result(60) for job in [pool.submit(lambda: list(shared)) for _ in range(4)]]
    assert sorted(itertools.chain.from_iterable(taken)) == list(range(1000))


def test_each_branch_gets_every_item() -> None:
    branches = shared_tee((number for number in range(1000)), 3)
    with ThreadPoolExecutor(3) as pool:
        taken: list[list[int]] = list(pool.map(list, branches))
    assert taken == [list(range(1000))] * 3


def test_a_branch_waits_while_another_is_in_the_source() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def labels() -> Iterator[int]:
        inside.set()
        assert go_on.wait(60)
        yield 1

    left, right = shared_tee(labels())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(next, left)
        assert inside.wait(60)
        second = pool.submit(next, right)
        assert not wait([second], SOON).done
        go_on.set()
        assert (first.result(60), second.result(60)) == (1, 1)


def broken() -> Iterator[int]:
    yield 1
    raise ConnectionError("swift is down")


def test_a_failure_is_seen_by_every_consumer() -> None:
    shared = SerializedIterator(FailsForAll(broken()))
    assert next(shared) == 1
    with pytest.raises(ConnectionError):
        next(shared)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the source failed") as caught:
            next(shared)
        assert isinstance(caught.value.__cause__, ConnectionError)


def test_an_interrupted_source_is_no_normal_end() -> None:
    def interrupted() -> Iterator[int]:
        raise KeyboardInterrupt
        yield 1

    shared = FailsForAll(interrupted())
    with pytest.raises(KeyboardInterrupt):
        next(shared)
    with pytest.raises(RuntimeError, match="the source failed"):
        next(shared)


def test_a_normal_end_stays_one() -> None:
    assert list(SerializedIterator(FailsForAll([1, 2]))) == [1, 2]


async def labels(closed: list[str]) -> AsyncGenerator[int, None]:
    try:
        for number in range(4):
            await asyncio.sleep(1)
            yield number
    finally:
        closed.append("closed")


def test_tasks_take_turns() -> None:
    async def take(shared: ForTasks[int]) -> list[int]:
        return [number async for number in shared]

    async def case() -> None:
        closed: list[str] = []
        async with aclosing(ForTasks(labels(closed))) as shared:
            taken = await asyncio.gather(take(shared), take(shared))
        assert sorted(itertools.chain.from_iterable(taken)) == [0, 1, 2, 3]
        assert closed == ["closed"]

    with virtual_clock():
        asyncio.run(case())


@pytest.mark.parametrize("turns", range(4))
def test_a_cancelled_consumer_loses_no_item(turns: int) -> None:
    async def case() -> None:
        async with aclosing(ForTasks(labels([]))) as shared:
            step = asyncio.ensure_future(anext(shared))
            await asyncio.sleep(1)  # the item is due in this very turn
            for _ in range(turns):
                await asyncio.sleep(0)
            step.cancel()
            await asyncio.wait([step])
            taken = [] if step.cancelled() else [step.result()]
            taken += [number async for number in shared]
            assert taken == [0, 1, 2, 3]

    with virtual_clock():
        asyncio.run(case())


def test_closing_ends_a_step_that_is_under_way() -> None:
    async def case() -> None:
        closed: list[str] = []
        shared = ForTasks(labels(closed))
        waiting = asyncio.ensure_future(anext(shared))
        await asyncio.sleep(0.5)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert closed == []
        await shared.aclose()
        assert closed == ["closed"]

    with virtual_clock():
        asyncio.run(case())


def test_closing_is_a_normal_end_for_those_who_wait_and_for_those_who_come_later() -> None:
    async def case() -> None:
        shared = ForTasks(labels([]))
        waiting = [asyncio.ensure_future(anext(shared)) for _ in range(2)]
        await asyncio.sleep(0.5)
        await shared.aclose()
        for each in (*waiting, anext(shared)):
            with pytest.raises(StopAsyncIteration):
                await each

    with virtual_clock():
        asyncio.run(case())


def test_a_source_that_raises_cancelled_error_is_no_normal_end() -> None:
    async def cancelled() -> AsyncGenerator[int, None]:
        raise asyncio.CancelledError
        yield 1

    async def case() -> None:
        async with aclosing(ForTasks(cancelled())) as shared:
            with pytest.raises(asyncio.CancelledError):
                await anext(shared)

    with virtual_clock():
        asyncio.run(case())


def test_a_failure_reaches_every_task() -> None:
    async def failing() -> AsyncGenerator[int, None]:
        await asyncio.sleep(1)
        raise ConnectionError("swift is down")
        yield 1

    async def case() -> None:
        async with aclosing(ForTasks(failing())) as shared:
            results = await asyncio.gather(anext(shared), anext(shared), return_exceptions=True)
        assert [type(each) for each in results] == [ConnectionError, ConnectionError]

    with virtual_clock():
        asyncio.run(case())
