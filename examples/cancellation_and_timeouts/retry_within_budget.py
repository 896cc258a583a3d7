"""Retry a call for as long as its budget can hold another attempt.

Run it from the root of the repository:
``python -m examples.cancellation_and_timeouts.retry_within_budget``
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from examples.quotes.carriers import Carrier, CarrierError, Parcel
from examples.quotes.deadline import Deadline

T = TypeVar("T")


# region retry
class BudgetSpentError(Exception):
    """No room for an attempt; ``__cause__`` is the last failure."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds for the parts of a retry."""

    attempt: float = 2.0  # an attempt is cut off after this long
    shortest: float = 0.3  # with less left, none is started
    first_pause: float = 0.1  # ceiling of the first pause
    longest_pause: float = 5.0  # ceiling of all pauses

    def pause(self, failures: int, rng: random.Random) -> float:
        """Full jitter: 0 up to a ceiling that doubles each time."""
        doublings = min(failures - 1, 30)  # no float overflow
        ceiling = self.first_pause * 2**doublings
        return rng.uniform(0.0, min(ceiling, self.longest_pause))


async def retry(
    call: Callable[[], Awaitable[T]],
    deadline: Deadline,
    backoff: Backoff,
    rng: random.Random,
    retry_on: tuple[type[Exception], ...] = (
        CarrierError,
        TimeoutError,
    ),
) -> T:
    """Await ``call()`` until it succeeds; it must be idempotent.

    :raises BudgetSpentError: the rest of the budget cannot hold
        the next pause and the shortest attempt.
    """
    pause = 0.0
    last: Exception | None = None
    for failures in itertools.count():
        if failures:
            pause = backoff.pause(failures, rng)
        left = deadline.remaining()
        if left < pause + backoff.shortest:
            message = f"{failures} failed, {left:.2f} s left"
            raise BudgetSpentError(message) from last
        await asyncio.sleep(pause)
        try:
            async with deadline.timeout(cap=backoff.attempt):
                return await call()
        except retry_on as error:
            last = error
    raise AssertionError("unreachable: the loop above has no end")


# endregion retry


# region main
async def main() -> None:
    """Ask a carrier that recovers, then one that does not."""
    rng = random.Random(2026)
    parcel = Parcel(grams=1500)
    recovers = Carrier("steady", delay=0.2, cents=840, failures=2)
    stays_down = Carrier("slow", delay=0.2, cents=610, failures=99)
    for carrier in (recovers, stays_down):
        deadline = Deadline.after(3.0)
        try:
            call = functools.partial(carrier.quote, parcel)
            quote = await retry(call, deadline, Backoff(), rng)
        except BudgetSpentError as error:
            print(f"{carrier.name}: {error}; {error.__cause__}")
        else:
            price = f"{quote.carrier}: {quote.cents}"
            print(f"{price}, call {carrier.calls}")


if __name__ == "__main__":
    asyncio.run(main())
# endregion main
