"""Retries end with the budget, and never after it."""

from __future__ import annotations

import asyncio
import functools
import random

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.cancellation_and_timeouts.retry_within_budget import (
    Backoff,
    BudgetSpentError,
    main,
    retry,
)
from examples.quotes.carriers import Carrier, CarrierError, Parcel, Quote
from examples.quotes.deadline import Deadline

PARCEL = Parcel(grams=1500)
NO_PAUSE = Backoff(first_pause=0.0)


async def ask(carrier: Carrier, seconds: float, backoff: Backoff = NO_PAUSE) -> Quote:
    call = functools.partial(carrier.quote, PARCEL)
    return await retry(call, Deadline.after(seconds), backoff, random.Random(1))


async def timed_failure(carrier: Carrier, seconds: float, backoff: Backoff) -> tuple[BudgetSpentError, float]:
    loop = asyncio.get_running_loop()
    started = loop.time()
    with pytest.raises(BudgetSpentError) as caught:
        await ask(carrier, seconds, backoff)
    return caught.value, loop.time() - started


def test_a_carrier_that_recovers_is_asked_until_it_answers() -> None:
    carrier = Carrier("steady", delay=0.2, cents=840, failures=2)
    with virtual_clock():
        quote = asyncio.run(ask(carrier, 10.0))
    assert (quote, carrier.calls) == (Quote(1680, "steady"), 3)


def test_it_works_on_the_real_clock() -> None:
    carrier = Carrier("steady", delay=0.001, cents=840, failures=1)
    assert asyncio.run(ask(carrier, 60.0, Backoff(first_pause=0.001))) == Quote(1680, "steady")
    assert carrier.calls == 2


def test_it_stops_early_when_the_rest_cannot_hold_another_attempt() -> None:
    carrier = Carrier("steady", delay=0.4, cents=840, failures=99)
    with virtual_clock():
        error, elapsed = asyncio.run(timed_failure(carrier, 1.0, NO_PAUSE))
    assert str(error) == "2 failed, 0.20 s left"
    assert isinstance(error.__cause__, CarrierError)
    assert elapsed == pytest.approx(0.8)


def test_the_budget_cuts_the_last_attempt_off() -> None:
    carrier = Carrier("slow", delay=30.0, cents=610)
    with virtual_clock():
        error, elapsed = asyncio.run(timed_failure(carrier, 5.0, NO_PAUSE))
    assert isinstance(error.__cause__, TimeoutError)
    assert carrier.calls == 3  # cut off after 2, 2 and 1 seconds
    assert elapsed == pytest.approx(5.0)


def test_without_room_for_one_attempt_nothing_is_called() -> None:
    carrier = Carrier("swift", delay=0.05, cents=990)
    with virtual_clock():
        error, _ = asyncio.run(timed_failure(carrier, 0.1, NO_PAUSE))
    assert (carrier.calls, error.__cause__) == (0, None)


def test_an_error_that_is_not_listed_is_raised_at_once() -> None:
    calls = 0

    async def refuse() -> None:
        nonlocal calls
        calls += 1
        raise ValueError("no such zone")

    async def start() -> None:
        await retry(refuse, Deadline.after(10.0), NO_PAUSE, random.Random(1))

    with virtual_clock(), pytest.raises(ValueError, match="no such zone"):
        asyncio.run(start())
    assert calls == 1


def test_cancellation_is_not_retried() -> None:
    carrier = Carrier("slow", delay=30.0, cents=610)

    async def start() -> bool:
        task = asyncio.create_task(ask(carrier, 100.0))
        await asyncio.sleep(1.0)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    with virtual_clock():
        assert asyncio.run(start())
    assert carrier.calls == 1


def test_pauses_stay_under_a_ceiling_that_doubles_up_to_a_limit() -> None:
    class Highest(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return b

    backoff = Backoff(first_pause=0.1, longest_pause=0.5)
    assert [backoff.pause(n, Highest()) for n in (1, 2, 3, 4, 5000)] == [0.1, 0.2, 0.4, 0.5, 0.5]
    drawn = [backoff.pause(3, random.Random(seed)) for seed in range(100)]
    assert 0.0 <= min(drawn) < 0.1
    assert 0.3 < max(drawn) <= 0.4


def test_the_program_prints_both_endings(capsys: pytest.CaptureFixture[str]) -> None:
    with virtual_clock():
        asyncio.run(main())
    assert capsys.readouterr().out.splitlines() == [
        "steady: 1680, call 3",
        "slow: 6 failed, 0.40 s left; slow: no answer for call 6",
    ]
