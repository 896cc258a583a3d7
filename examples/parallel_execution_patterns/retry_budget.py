"""Retries that are paid from a budget, so that an outage of the called does not become a storm of calls."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from examples.cancellation_and_timeouts.retry_within_budget import Backoff
from examples.quotes.carriers import CarrierError
from examples.quotes.deadline import Deadline

T = TypeVar("T")


# region budget
class RetryBudget:
    """One retry for every *calls_each* calls, *saved* at most.

    Share one between all callers of a service.
    """

    def __init__(self, calls_each: int = 10, saved: int = 10) -> None:
        self.calls_each = calls_each
        self._most = saved * calls_each
        self._balance = 0

    def deposit(self) -> None:
        """A call begins, whatever becomes of it."""
        self._balance = min(self._balance + 1, self._most)

    def withdraw(self) -> bool:
        """Whether a retry may be made; if so, it is paid for."""
        if self._balance < self.calls_each:
            return False
        self._balance -= self.calls_each
        return True


# endregion budget


# region retry
BACKOFF = Backoff()


async def retry(
    call: Callable[[], Awaitable[T]],
    deadline: Deadline,
    *,
    budget: RetryBudget,
    rng: random.Random,
    backoff: Backoff = BACKOFF,
    attempts: int = 3,
    retry_on: tuple[type[Exception], ...] = (
        CarrierError,
        TimeoutError,
    ),
) -> T:
    """Await ``call()``, which must be idempotent, until it succeeds.

    The last error is raised when attempts, deadline or budget are
    used up.
    """
    budget.deposit()
    for failures in itertools.count(1):
        try:
            async with deadline.timeout(cap=backoff.attempt):
                return await call()
        except retry_on:
            pause = backoff.pause(failures, rng)
            room = deadline.remaining() - pause - backoff.shortest
            if failures == attempts or room < 0:
                raise
            if not budget.withdraw():
                raise
        await asyncio.sleep(pause)
    raise AssertionError("unreachable: the loop above has no end")


# endregion retry
