"""``SingleFlight``: one call for many waiters, failures are not kept, and a cancelled waiter harms nobody."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextvars import ContextVar

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.task_thread_and_valuetask.single_flight import SingleFlight


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


class Rates:
    """A slow source of rates that fails for its first *failures* calls."""

    def __init__(self, failures: int = 0, seconds: float = 0.2) -> None:
        self.failures, self.seconds = failures, seconds
        self.calls: list[str] = []
        self.cancelled = 0

    async def load(self, zone: str) -> int:
        self.calls.append(zone)
        number = len(self.calls)
        try:
            if self.seconds:
                await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if number <= self.failures:
            raise ConnectionError(f"call {number}")
        return 840


def test_many_waiters_share_one_call_and_its_result() -> None:
    async def case() -> None:
        rates = Rates()
        cache = SingleFlight(rates.load)
        assert await asyncio.gather(*(cache.get("domestic") for _ in range(100))) == [840] * 100
        assert await cache.get("domestic") == 840
        assert rates.calls == ["domestic"]

    asyncio.run(case())


def test_each_key_has_a_call_of_its_own() -> None:
    async def case() -> None:
        rates = Rates()
        cache = SingleFlight(rates.load)
        await asyncio.gather(cache.get("domestic"), cache.get("island"), cache.get("domestic"))
        assert rates.calls == ["domestic", "island"]

    asyncio.run(case())


def test_a_failure_reaches_all_waiters_and_is_not_kept() -> None:
    async def case() -> None:
        rates = Rates(failures=1)
        cache = SingleFlight(rates.load)
        answers = await asyncio.gather(*(cache.get("domestic") for _ in range(3)), return_exceptions=True)
        assert [str(answer) for answer in answers] == ["call 1"] * 3
        assert all(isinstance(answer, ConnectionError) for answer in answers)
        assert await cache.get("domestic") == 840
        assert len(rates.calls) == 2

    asyncio.run(case())


@pytest.mark.parametrize("who", [0, 1, 2])
def test_a_cancelled_waiter_does_not_cancel_the_others(who: int) -> None:
    async def case() -> None:
        rates = Rates()
        cache = SingleFlight(rates.load)
        waiters = [asyncio.create_task(cache.get("domestic")) for _ in range(3)]
        await asyncio.sleep(0.1)
        waiters[who].cancel()
        answers = await asyncio.gather(*waiters, return_exceptions=True)
        assert isinstance(answers.pop(who), asyncio.CancelledError)
        assert answers == [840, 840]
        assert (rates.calls, rates.cancelled) == (["domestic"], 0)

    asyncio.run(case())


def test_a_call_that_everybody_left_still_fills_the_cache() -> None:
    async def case() -> None:
        rates = Rates()
        cache = SingleFlight(rates.load)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cache.get("domestic"), 0.1)
        await asyncio.sleep(1)
        assert await cache.get("domestic") == 840
        assert rates.calls == ["domestic"]

    asyncio.run(case())


def test_a_call_without_an_end_is_joined_by_all_who_come() -> None:
    async def case() -> None:
        rates = Rates(seconds=3600)
        cache = SingleFlight(rates.load)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(cache.get("domestic"), 5)
        assert (rates.calls, rates.cancelled) == (["domestic"], 0)

    asyncio.run(case())


def test_a_timeout_inside_the_call_lets_the_next_one_try_again() -> None:
    async def case() -> None:
        rates = Rates(seconds=3600)

        async def load(zone: str) -> int:
            async with asyncio.timeout(2):
                return await rates.load(zone)

        cache = SingleFlight(load)
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await cache.get("domestic")
        assert (rates.calls, rates.cancelled) == (["domestic"] * 2, 2)

    asyncio.run(case())


def test_a_call_has_the_context_of_its_first_caller() -> None:
    customer: ContextVar[str] = ContextVar("customer")

    async def load(zone: str) -> str:
        await asyncio.sleep(0.2)
        return customer.get()

    async def case() -> None:
        cache = SingleFlight(load)

        async def ask(name: str) -> str:
            customer.set(name)
            return await cache.get("domestic")

        answers = await asyncio.gather(ask("first"), ask("second"))
        assert list(answers) == ["first", "first"]

    asyncio.run(case())


def test_a_cancelled_call_is_not_kept() -> None:
    async def case() -> None:
        rates = Rates()
        cache = SingleFlight(rates.load)
        waiter = asyncio.create_task(cache.get("domestic"))
        await asyncio.sleep(0.1)
        for task in asyncio.all_tasks() - {waiter, asyncio.current_task()}:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert rates.cancelled == 1
        assert await cache.get("domestic") == 840

    asyncio.run(case())


def test_a_hit_never_suspends() -> None:
    async def case() -> None:
        cache = SingleFlight(Rates().load)
        await cache.get("domestic")
        with pytest.raises(StopIteration) as ended:
            cache.get("domestic").send(None)
        assert ended.value.value == 840

    asyncio.run(case())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in 3.12")
@pytest.mark.parametrize("failures", [0, 1])
def test_it_works_with_eager_tasks_that_never_wait(failures: int) -> None:
    async def case() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
        rates = Rates(failures, seconds=0)
        cache = SingleFlight(rates.load)
        if failures:
            with pytest.raises(ConnectionError):
                await cache.get("domestic")
            await asyncio.sleep(0)
        assert await cache.get("domestic") == 840
        await asyncio.sleep(0)
        assert await cache.get("domestic") == 840
        assert len(rates.calls) == failures + 1

    asyncio.run(case())
