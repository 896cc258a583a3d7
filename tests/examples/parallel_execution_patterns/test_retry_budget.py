"""Retries are paid from what calls have paid in, and never exceed their share of the load."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.cancellation_and_timeouts.retry_within_budget import Backoff
from examples.parallel_execution_patterns.retry_budget import RetryBudget, retry
from examples.quotes.carriers import CarrierError
from examples.quotes.deadline import Deadline


class Service:
    """Fails the calls whose number *fails* says yes to."""

    def __init__(self, fails: Callable[[int], bool], error: type[Exception] = CarrierError) -> None:
        self.fails = fails
        self.error = error
        self.calls = 0

    async def call(self) -> int:
        self.calls += 1
        number = self.calls
        await asyncio.sleep(0.1)
        if self.fails(number):
            raise self.error(f"no answer for call {number}")
        return number


def rich() -> RetryBudget:
    return RetryBudget(calls_each=0)


async def ask(service: Service, budget: RetryBudget, seconds: float = 60.0, attempts: int = 3) -> int:
    deadline, rng = Deadline.after(seconds), random.Random(1)
    return await retry(service.call, deadline, budget=budget, rng=rng, attempts=attempts)


def outcomes(service: Service, budget: RetryBudget, requests: int) -> int:
    """How many of *requests*, one after the other, were answered."""

    async def main() -> int:
        answered = 0
        for _ in range(requests):
            try:
                await ask(service, budget)
                answered += 1
            except CarrierError:
                pass
        return answered

    with virtual_clock():
        return asyncio.run(main())


def test_a_balance_pays_for_one_retry_in_ten_calls() -> None:
    budget = RetryBudget(calls_each=10, saved=2)
    for _ in range(9):
        budget.deposit()
    assert not budget.withdraw()
    budget.deposit()
    assert [budget.withdraw(), budget.withdraw()] == [True, False]
    for _ in range(1_000):
        budget.deposit()
    assert [budget.withdraw() for _ in range(3)] == [True, True, False]


def test_without_a_limit_an_outage_multiplies_the_load_by_the_attempts() -> None:
    service = Service(lambda _: True)
    assert outcomes(service, rich(), 1_000) == 0
    assert service.calls == 3_000


def test_with_a_budget_an_outage_adds_a_tenth() -> None:
    service = Service(lambda _: True)
    assert outcomes(service, RetryBudget(), 1_000) == 0
    assert service.calls == 1_100


def test_rare_failures_are_all_retried() -> None:
    service = Service(lambda number: number % 25 == 0)
    budget = RetryBudget()
    for _ in range(10):
        budget.deposit()
    assert outcomes(service, budget, 1_000) == 1_000


def test_the_last_error_is_raised_after_the_attempts() -> None:
    service = Service(lambda _: True)
    with virtual_clock(), pytest.raises(CarrierError, match="no answer for call 5"):
        asyncio.run(ask(service, rich(), attempts=5))


def test_the_deadline_ends_the_attempts() -> None:
    service = Service(lambda _: True)
    with virtual_clock(), pytest.raises(CarrierError, match="call 1"):
        asyncio.run(ask(service, rich(), seconds=0.3))


def test_a_slow_attempt_is_cut_off_and_retried() -> None:
    class Slow(Service):
        async def call(self) -> int:
            await asyncio.sleep(0 if self.calls else 30)
            return await super().call()

    async def main() -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        with pytest.raises(TimeoutError):
            await ask(Slow(lambda _: False), rich(), attempts=1)
        return 0, loop.time() - started

    with virtual_clock():
        assert asyncio.run(main()) == (0, Backoff().attempt)


def test_an_error_that_is_not_listed_is_raised_at_once() -> None:
    service = Service(lambda _: True, ValueError)
    with virtual_clock(), pytest.raises(ValueError, match="call 1"):
        asyncio.run(ask(service, rich()))
    assert service.calls == 1


def test_cancellation_is_not_retried() -> None:
    service = Service(lambda _: False)

    async def main() -> bool:
        task = asyncio.create_task(ask(service, rich()))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    with virtual_clock():
        assert asyncio.run(main())
    assert service.calls == 1
