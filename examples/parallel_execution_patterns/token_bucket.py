"""A rate limit: so many calls a second on average, so many at once, first come first served, for tasks and threads."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from dataclasses import dataclass


# region bucket
@dataclass(slots=True)
class TokenBucket:
    """*rate* tokens a second, *burst* at most; it never waits.

    All its state is the time at which it will be full again.
    """

    rate: float
    burst: int = 1
    full_at: float = -math.inf

    def due(self, now: float, ahead: int = 0) -> float:
        """When there is a token for one with *ahead* before it."""
        spare = (self.burst - 1 - ahead) / self.rate
        return max(self.full_at, now) - spare

    def take(self, now: float) -> bool:
        """Take a token if there is one."""
        if self.due(now) > now:
            return False
        self.full_at = max(self.full_at, now) + 1 / self.rate
        return True

    def pause(self, until: float) -> None:
        """No token before *until*: the other side said so."""
        full_at = until + (self.burst - 1) / self.rate
        self.full_at = max(self.full_at, full_at)


class TooManyCalls(Exception):
    """No place to wait in; try again in *retry_after* seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"retry after {retry_after:.1f} s")
        self.retry_after = retry_after


# endregion bucket


# region tasks
class RateLimiter:
    """Lets tasks through at the bucket's rate, in order."""

    def __init__(self, bucket: TokenBucket, places: int) -> None:
        self.bucket = bucket
        self._places = places
        self._waiting = 0
        self._turn = asyncio.Lock()  # first come, first served

    async def acquire(self) -> None:
        """Wait for a token.

        :raises TooManyCalls: all places to wait in are taken.
        """
        now = asyncio.get_running_loop().time
        if not self._waiting and self.bucket.take(now()):
            return
        if self._waiting >= self._places:
            due = self.bucket.due(now(), ahead=self._waiting)
            raise TooManyCalls(due - now())
        self._waiting += 1
        try:
            async with self._turn:
                while not self.bucket.take(now()):
                    due = self.bucket.due(now())
                    await asyncio.sleep(due - now())
        finally:
            self._waiting -= 1


# endregion tasks


# region threads
class ThreadRateLimiter:
    """The same for threads, which have no cancellation."""

    def __init__(self, bucket: TokenBucket, places: int) -> None:
        self.bucket = bucket
        self._places = places
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    def acquire(self, timeout: float = math.inf) -> None:
        """Wait for a token.

        :raises TooManyCalls: all places to wait in are taken.
        :raises TimeoutError: no token within *timeout* seconds.
        """
        me = object()
        with self._changed:
            now = time.monotonic()
            give_up = now + timeout
            if not self._queue and self.bucket.take(now):
                return
            if len(self._queue) >= self._places:
                due = self.bucket.due(now, ahead=len(self._queue))
                raise TooManyCalls(due - now)
            self._queue.append(me)
            try:
                while True:
                    wake = give_up
                    if self._queue[0] is me:
                        if self.bucket.take(now):
                            return
                        wake = min(wake, self.bucket.due(now))
                    if now >= give_up:
                        raise TimeoutError("no token in time")
                    wait = min(wake - now, threading.TIMEOUT_MAX)
                    self._changed.wait(wait)
                    now = time.monotonic()
            finally:
                self._queue.remove(me)
                self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """No token for so long, for whoever waits now, too."""
        with self._changed:
            self.bucket.pause(time.monotonic() + seconds)


# endregion threads
