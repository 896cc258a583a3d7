"""Each caller gets its own answer, and no caller's end touches another's."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from concurrent_doctest.virtual_clock import START, virtual_clock
from examples.parallel_execution_patterns.batcher import Batcher, BatcherClosed, Rates


def run(main: Coroutine[Any, Any, None]) -> None:
    with virtual_clock():
        asyncio.run(main)


def ask(batcher: Batcher[str, int], *zones: str) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(batcher.get(zone)) for zone in zones]


def test_a_full_batch_goes_at_once_and_the_rest_after_the_delay() -> None:
    async def main() -> None:
        rates = Rates()
        async with Batcher(rates.load, size=3, delay=0.25) as batcher:
            tasks = ask(batcher, "a", "bb", "ccc", "dddd")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert rates.calls == [["a", "bb", "ccc"]]
            assert await asyncio.gather(*tasks) == [100, 200, 300, 400]
            assert asyncio.get_running_loop().time() - START == 0.75
        assert rates.calls == [["a", "bb", "ccc"], ["dddd"]]

    run(main())


def test_every_caller_of_a_batch_gets_its_error() -> None:
    async def main() -> None:
        rates = Rates()
        async with Batcher(rates.load, size=2, delay=0.25) as batcher:
            tasks = ask(batcher, "a", "nowhere", "c", "d")
            await asyncio.wait(tasks)
            assert [repr(task.exception()) for task in tasks[:2]] == ["LookupError(\"no zone 'nowhere'\")"] * 2
            assert [task.result() for task in tasks[2:]] == [100, 100]

    run(main())


def test_splitting_leaves_only_the_bad_item_with_the_error() -> None:
    async def main() -> None:
        rates = Rates()
        async with Batcher(rates.load, size=8, delay=0.25, split=True) as batcher:
            tasks = ask(batcher, "a", "b", "c", "d", "e", "nowhere", "g", "h")
            await asyncio.wait(tasks)
        failed = [number for number, task in enumerate(tasks) if task.exception()]
        assert failed == [5]
        assert len(rates.calls) == 7

    run(main())


@pytest.mark.parametrize(("bad", "calls"), [(range(1_000), 1_999), ([0], 19), ([999], 21), ([500], 21)])
def test_splitting_costs_two_calls_for_each_halving(bad: Sequence[int], calls: int) -> None:
    made = []

    async def load(items: Sequence[int]) -> list[int]:
        made.append(len(items))
        if not set(items).isdisjoint(bad):
            raise LookupError
        return list(items)

    async def main() -> None:
        async with Batcher(load, size=1_000, delay=1, split=True) as batcher:
            await asyncio.gather(*map(batcher.get, range(1_000)), return_exceptions=True)

    run(main())
    assert len(made) <= calls


@pytest.mark.parametrize("after", [0.125, 0.5])
def test_a_cancelled_caller_harms_nobody(after: float) -> None:
    async def main() -> None:
        rates = Rates()
        async with Batcher(rates.load, size=9, delay=0.25) as batcher:
            tasks = ask(batcher, "a", "bb", "ccc")
            await asyncio.sleep(after)
            tasks[1].cancel()
            await asyncio.wait(tasks)
        assert [task.cancelled() for task in tasks] == [False, True, False]
        assert [tasks[0].result(), tasks[2].result()] == [100, 300]
        assert rates.calls == [["a", "ccc"] if after < 0.25 else ["a", "bb", "ccc"]]

    run(main())


def test_nothing_is_called_for_callers_that_all_left() -> None:
    async def main() -> None:
        rates = Rates()
        async with Batcher(rates.load, size=9, delay=0.25) as batcher:
            tasks = ask(batcher, "a", "b")
            await asyncio.sleep(0.125)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        assert rates.calls == []

    run(main())


def test_callers_wait_when_too_many_are_unanswered() -> None:
    async def main() -> None:
        rates = Rates()
        async with Batcher(rates.load, size=2, delay=0.25, waiting=4) as batcher:
            tasks = ask(batcher, *"abcdef")
            await asyncio.sleep(0.25)
            assert rates.calls == [["a", "b"], ["c", "d"]]
            await asyncio.wait(tasks)
            assert rates.calls == [["a", "b"], ["c", "d"], ["e", "f"]]

    run(main())


def test_an_answer_of_another_length_is_an_error() -> None:
    async def short(zones: Sequence[str]) -> list[int]:
        return [1]

    async def main() -> None:
        async with Batcher(short, size=2, delay=0.25) as batcher:
            tasks = ask(batcher, "a", "b")
            await asyncio.wait(tasks)
            assert [type(task.exception()) for task in tasks] == [ValueError] * 2

    run(main())


def test_leaving_sends_what_is_collected() -> None:
    async def main() -> None:
        rates = Rates()
        async with Batcher(rates.load, size=9, delay=3_600) as batcher:
            (task,) = ask(batcher, "a")
            await asyncio.sleep(0)
        assert await task == 100
        with pytest.raises(BatcherClosed):
            await batcher.get("b")

    run(main())


def test_a_call_that_never_began_tells_those_who_wait() -> None:
    tasks: list[asyncio.Task[int]] = []

    async def body() -> None:
        async with Batcher(Rates().load, size=2, delay=0.25) as batcher:
            tasks.extend(ask(batcher, "a", "b"))
            await asyncio.sleep(0)  # they have sent the batch, which has not begun
            raise OSError("out of here")

    async def main() -> None:
        with pytest.raises(ExceptionGroup):
            await body()
        await asyncio.wait(tasks)
        assert [type(task.exception()) for task in tasks] == [BatcherClosed] * 2

    run(main())


@pytest.mark.parametrize("size", [2, 9])
def test_leaving_by_an_error_tells_those_who_wait(size: int) -> None:
    tasks: list[asyncio.Task[int]] = []

    async def body() -> None:
        async with Batcher(Rates().load, size=size, delay=0.25) as batcher:
            tasks.extend(ask(batcher, "a", "b"))
            await asyncio.sleep(0.125)
            raise OSError("out of here")

    async def main() -> None:
        with pytest.raises(ExceptionGroup) as caught:
            await body()
        assert isinstance(caught.value.exceptions[0], OSError)
        await asyncio.wait(tasks)
        assert [type(task.exception()) for task in tasks] == [BatcherClosed] * 2

    run(main())


def test_a_batch_has_the_context_of_the_batcher() -> None:
    number = contextvars.ContextVar("number", default=0)
    seen = []

    async def load(zones: Sequence[str]) -> list[int]:
        seen.append(number.get())
        return [0] * len(zones)

    async def caller(batcher: Batcher[str, int], request: int) -> None:
        number.set(request)
        await batcher.get("a")

    async def main() -> None:
        number.set(7)
        async with Batcher(load, size=2, delay=0.25) as batcher:
            await asyncio.gather(caller(batcher, 1), caller(batcher, 2), caller(batcher, 3))
        assert seen == [7, 7]

    run(main())
