"""A circuit breaker: after repeated failures, calls fail at once, and now and then one is let through to try."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


# region breaker
class State(enum.Enum):
    CLOSED = "closed"  # calls go through
    OPEN = "open"  # calls fail at once
    HALF_OPEN = "half-open"  # one call is trying


class CircuitOpen(Exception):
    """The call was not made; the next try is in *retry_after* s."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"open, retry after {retry_after:.1f} s")
        self.retry_after = retry_after


class CircuitBreaker:
    """Opens after *failures* in a row, for *cooldown* seconds.

    *counts*: the errors that speak for a sick service.  A timeout
    around ``call`` is none of them: it arrives as a cancellation.
    """

    def __init__(
        self,
        failures: int,
        cooldown: float,
        counts: tuple[type[Exception], ...],
    ) -> None:
        self.state = State.CLOSED
        self._limit = failures
        self._cooldown = cooldown
        self._counts = counts
        self._in_a_row = 0
        self._try_at = 0.0

    # endregion breaker

    # region call
    async def call(self, call: Callable[[], Awaitable[T]]) -> T:
        """``await call()``, or :exc:`CircuitOpen` at once."""
        now = asyncio.get_running_loop().time
        if self.state is not State.CLOSED:
            wait = self._try_at - now()
            if self.state is State.HALF_OPEN or wait > 0:
                raise CircuitOpen(max(0.0, wait))
            self.state = State.HALF_OPEN
        trying = self.state is State.HALF_OPEN
        try:
            result = await call()
        except self._counts:
            self._in_a_row += 1
            if trying or self._in_a_row >= self._limit:
                self.state = State.OPEN
                self._try_at = now() + self._cooldown
            raise
        except BaseException:
            if trying:  # cancelled, or a bug: nothing was learned
                self.state = State.OPEN
            raise
        if trying or self.state is State.CLOSED:
            self.state = State.CLOSED
            self._in_a_row = 0
        return result

    # endregion call
