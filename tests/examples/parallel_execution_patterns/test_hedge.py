"""``Hedger``: a second call when the first is late, as many as the budget allows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns.hedge import Hedger, HedgeRefused


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


class Carrier:
    """Takes *seconds* for its calls, one after the other; a negative number fails after as long."""

    def __init__(self, *seconds: float) -> None:
        self.seconds = list(seconds)
        self.calls = self.cancelled = 0

    async def quote(self) -> int:
        number = self.calls
        self.calls += 1
        seconds = self.seconds[number % len(self.seconds)]
        try:
            await asyncio.sleep(abs(seconds))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if seconds < 0:
            raise ConnectionError(f"call {number}")
        return number


def test_a_call_in_time_is_made_once() -> None:
    async def case() -> None:
        carrier = Carrier(0.9)
        assert await Hedger(delay=1.0).ask(carrier.quote) == 0
        assert carrier.calls == 1

    asyncio.run(case())


def test_a_late_call_is_made_again_and_the_loser_ends() -> None:
    async def case() -> None:
        carrier = Carrier(30, 0.2)
        began = asyncio.get_running_loop().time()
        assert await Hedger(delay=1.0).ask(carrier.quote) == 1
        assert asyncio.get_running_loop().time() - began == pytest.approx(1.2)
        assert (carrier.calls, carrier.cancelled) == (2, 1)

    asyncio.run(case())


def test_the_delay_follows_the_95th_percentile() -> None:
    async def case() -> None:
        hedger = Hedger(delay=1.0)
        carrier = Carrier(*(n / 100 for n in range(1, 101)))
        for _ in range(19):
            await hedger.ask(carrier.quote)
        assert hedger.delay == 1.0
        await hedger.ask(carrier.quote)
        assert 0.19 <= hedger.delay <= 0.21

    asyncio.run(case())


def test_the_budget_bounds_the_calls_when_all_are_late() -> None:
    async def case() -> None:
        hedger = Hedger(every=10, burst=5, delay=1.0)
        carrier = Carrier(2.0)
        answers = await asyncio.gather(*(hedger.ask(carrier.quote) for _ in range(100)))
        assert len(answers) == 100
        assert carrier.calls == 105  # what was saved up; at the cap, requests earn nothing
        assert hedger.refused == 95
        for _ in range(10):
            await hedger.ask(carrier.quote)
        assert carrier.calls == 116

    asyncio.run(case())


def test_a_failed_call_is_made_again_from_the_budget() -> None:
    async def case() -> None:
        hedger = Hedger(every=10, burst=1)
        carrier = Carrier(-0.1, 0.2)
        assert await hedger.ask(carrier.quote) == 1
        with pytest.raises(ExceptionGroup) as caught:
            await hedger.ask(carrier.quote)
        assert [type(error) for error in caught.value.exceptions] == [ConnectionError, HedgeRefused]

    asyncio.run(case())


def test_a_quick_refusal_does_not_make_the_others_late() -> None:
    async def case() -> None:
        hedger = Hedger(every=0, delay=1.0)
        carrier = Carrier(-0.01, 0.5)  # each first call is refused at once
        for _ in range(30):
            await hedger.ask(carrier.quote)
        assert carrier.calls == 60
        assert hedger.delay == 1.0

    asyncio.run(case())


def test_a_cancelled_caller_ends_both_calls() -> None:
    async def case() -> None:
        carrier = Carrier(30)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await Hedger(delay=1.0).ask(carrier.quote)
        assert (carrier.calls, carrier.cancelled) == (2, 2)

    asyncio.run(case())
