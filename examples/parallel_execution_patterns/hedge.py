"""Hedged requests: a second call when the first is late, as many as a budget allows."""

from __future__ import annotations

import asyncio
import statistics
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from examples.parallel_execution_patterns.first_success import first_success

T = TypeVar("T")


# region hedger
class HedgeRefused(Exception):
    """The budget for second calls is spent."""


class Hedger:
    """Asks again when a call takes longer than 95 % of the last 200.

    Each request earns a point, and a second call costs *every*
    points; *burst* second calls can be saved up.  With *every* = 0
    there is no budget.
    """

    def __init__(
        self,
        *,
        every: int = 10,
        burst: int = 5,
        delay: float = 1.0,
    ) -> None:
        self._every, self._most = every, every * burst
        self._points = self._most
        self._delay = delay  # until 20 durations are known
        self._seconds: deque[float] = deque(maxlen=200)
        self.refused = 0

    @property
    def delay(self) -> float:
        """After how many seconds a call counts as late."""
        if len(self._seconds) < 20:
            return self._delay
        return statistics.quantiles(self._seconds, n=20)[-1]

    async def ask(
        self,
        call: Callable[[], Coroutine[Any, Any, T]],
    ) -> T:
        """The first good answer of *call*, called at most twice."""
        self._points = min(self._points + 1, self._most)
        now = asyncio.get_running_loop().time

        async def first() -> T:
            began = now()
            try:
                answer = await call()
            except asyncio.CancelledError:  # lost; counts as it stands
                self._seconds.append(now() - began)
                raise
            self._seconds.append(now() - began)  # not if it failed
            return answer

        async def second() -> T:
            if self._points < self._every:
                self.refused += 1
                raise HedgeRefused
            self._points -= self._every
            return await call()

        both = [first, second]
        return await first_success(both, stagger=self.delay)


# endregion hedger
