"""Who is admitted is answered in time, who is not learns it at once, and a place is never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.admission import Admission, Overloaded
from examples.quotes.deadline import Deadline


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


async def request(admission: Admission, seconds: float, work: float, error: Exception | None = None) -> None:
    deadline = Deadline.after(seconds)
    async with admission(deadline), deadline.timeout():
        await asyncio.sleep(work)
        if error:
            raise error


def test_under_twice_the_load_each_request_is_answered_in_time_or_refused_at_once() -> None:
    async def case() -> None:
        admission = Admission(limit=10, seconds=0.2)
        tasks = []
        async with asyncio.TaskGroup() as group:

            async def one() -> str:
                began = asyncio.get_running_loop().time()
                try:
                    await request(admission, seconds=2, work=0.2)
                except Overloaded:
                    assert asyncio.get_running_loop().time() == began
                    return "refused"
                return "answered"

            for _ in range(1000):
                tasks.append(group.create_task(one()))
                await asyncio.sleep(0.01)
        outcomes = [task.result() for task in tasks]
        assert outcomes.count("answered") == admission.counts["admitted"] >= 500
        assert outcomes.count("refused") == admission.counts["refused"] >= 400

    asyncio.run(case())


def test_who_is_admitted_in_a_burst_is_answered_in_time() -> None:
    async def case() -> list[str]:
        admission = Admission(limit=10, seconds=0.2)

        async def one() -> str:
            try:
                await request(admission, seconds=0.3, work=0.2)
            except Overloaded:
                return "refused"
            except TimeoutError:
                return "late"
            return "answered"

        return await asyncio.gather(*(one() for _ in range(50)))

    outcomes = asyncio.run(case())
    assert (outcomes.count("answered"), outcomes.count("refused")) == (10, 40)


def test_failures_timeouts_and_cancellations_give_the_place_back() -> None:
    async def case() -> None:
        admission = Admission(limit=1, seconds=0.1)
        with pytest.raises(ValueError, match="no rate"):
            await request(admission, 5, 0.0, ValueError("no rate"))
        assert admission.seconds == 0.1  # a fast failure says nothing of the work
        with pytest.raises(TimeoutError):
            await request(admission, 5, 60)
        holding = asyncio.create_task(request(admission, 30, 20))
        await asyncio.sleep(1)
        waiting = asyncio.create_task(request(admission, 30, 1))
        await asyncio.sleep(1)
        assert admission.waiting == 1
        waiting.cancel()
        await asyncio.wait([waiting])
        assert admission.waiting == 0
        holding.cancel()
        await asyncio.wait([holding])
        await request(admission, 5, 0.1)

    asyncio.run(case())


def test_an_estimate_that_is_far_too_high_corrects_itself() -> None:
    async def case() -> None:
        admission = Admission(limit=2, seconds=3600)
        for _ in range(200):
            await request(admission, 5, 0.2)
        assert admission.counts["refused"] == 0
        assert admission.seconds == pytest.approx(0.2, rel=0.1)

    asyncio.run(case())


def test_a_refusal_says_when_a_place_may_be_free() -> None:
    async def case() -> None:
        admission = Admission(limit=2, seconds=4)
        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(request(admission, 60, 4))
            await asyncio.sleep(1)
            with pytest.raises(Overloaded, match=r"retry after 8\.0 s") as refused:
                await request(admission, 5, 4)
        assert refused.value.retry_after == 8

    asyncio.run(case())
