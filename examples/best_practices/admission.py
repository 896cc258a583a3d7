"""Admit a request only if it can be answered before its deadline; refuse it at once if not."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator

from examples.quotes.deadline import Deadline


# region admission
class Overloaded(Exception):
    """Refused; a place may be free after *retry_after* seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"retry after {retry_after:.1f} s")
        self.retry_after = retry_after


class Admission:
    """*limit* requests at once, and a line that is never too long.

    *seconds* is what a request takes at first; it follows the
    requests that are answered.  The estimate is the worst case, in
    which all places were taken a moment ago.  A free place is always
    given, so that a wrong estimate corrects itself.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self.waiting = 0
        self.counts: Counter[str] = Counter()
        self._places = asyncio.Semaphore(limit)

    @contextlib.asynccontextmanager
    async def __call__(self, deadline: Deadline) -> AsyncGenerator[None, None]:
        """Hold a place; :exc:`Overloaded` before any work is done."""
        if self._places.locked():
            rounds = self.waiting // self.limit + 1
            wait = rounds * self.seconds
            if wait + self.seconds > deadline.remaining():
                self.counts["refused"] += 1
                raise Overloaded(wait)
        self.waiting += 1
        try:
            async with deadline.timeout():
                await self._places.acquire()
        finally:
            self.waiting -= 1
        self.counts["admitted"] += 1
        loop = asyncio.get_running_loop()
        began, answered = loop.time(), False
        try:
            yield
            answered = True
        finally:
            self._places.release()
            took = loop.time() - began
            if answered or took > self.seconds:  # no fast failure
                self.seconds += 0.1 * (took - self.seconds)


# endregion admission
