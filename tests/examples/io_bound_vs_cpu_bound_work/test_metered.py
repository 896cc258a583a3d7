"""metered: who is billed, and that results, errors and cancellations go through."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict

import pytest

from examples.io_bound_vs_cpu_bound_work.metered import metered


async def compute(seconds: float) -> str:
    """Compute for *seconds* of processor time, and let others run between the pieces."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(1000))
        await asyncio.sleep(0)
    return "ranked"


def test_each_is_billed_for_its_own_steps() -> None:
    """The one that waits pays nothing of what the other one computes."""
    bill: defaultdict[str, float] = defaultdict(float)

    async def scenario() -> list[object]:
        ranked = asyncio.Event()

        async def rank() -> str:
            result = await compute(0.1)
            ranked.set()
            return result

        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(metered(rank(), bill, "rank")),
                group.create_task(metered(ranked.wait(), bill, "quote")),
            ]
        return [task.result() for task in tasks]

    assert asyncio.run(scenario()) == ["ranked", True]
    assert bill["rank"] > 0.05
    assert bill["quote"] < 0.05


def test_an_error_goes_through_and_is_billed() -> None:
    """The step that raises is on the bill."""
    bill: defaultdict[str, float] = defaultdict(float)

    async def fails() -> None:
        await compute(0.01)
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(metered(fails(), bill, "fails"))
    assert bill["fails"] > 0


def test_a_cancellation_reaches_the_coroutine() -> None:
    """Its cleanup runs, may await, and the task ends as cancelled."""
    cleaned: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("yes")

    async def scenario() -> bool:
        task = asyncio.create_task(metered(waits(), defaultdict(float), "waits"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(scenario())
    assert cleaned == ["yes"]


def test_a_caught_error_of_an_await_does_not_end_it() -> None:
    """What the awaited thing raises is raised in the coroutine, once."""

    async def asks() -> str:
        answer = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(answer.set_exception, TimeoutError())
        try:
            await answer
        except TimeoutError:
            await asyncio.sleep(0)
            return "no answer"
        raise AssertionError

    assert asyncio.run(metered(asks(), defaultdict(float), "asks")) == "no answer"
