"""Restart what has failed, with pauses, and give up when it fails too often."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

log = logging.getLogger(__name__)
Start = Callable[[], Coroutine[Any, Any, None]]


# region restarting
class TooManyFailures(Exception):
    """The limit is reached; ``__cause__`` is the last failure."""


class RestartLimit:
    """*restarts* within *seconds*, after pauses that double."""

    def __init__(
        self,
        restarts: int = 3,
        seconds: float = 60.0,
        first_pause: float = 1.0,
    ) -> None:
        self._restarts = restarts
        self._seconds = seconds
        self._first_pause = first_pause
        self._failures: deque[float] = deque()

    def pause(self, now: float) -> float | None:
        """Seconds until the restart, or None to give up."""
        recent = now - self._seconds
        while self._failures and self._failures[0] <= recent:
            self._failures.popleft()
        self._failures.append(now)
        if len(self._failures) > self._restarts:
            return None
        return self._first_pause * 2.0 ** (len(self._failures) - 1)


async def restarting(start: Start, limit: RestartLimit) -> None:
    """Await ``start()``, again after each failure within *limit*.

    A cancellation is no failure: it ends ``start()`` and this.
    """
    loop = asyncio.get_running_loop()
    while True:
        try:
            return await start()
        except Exception as error:
            pause = limit.pause(loop.time())
            if pause is None:
                raise TooManyFailures(repr(error)) from error
            log.warning("%r, restart in %s s", error, pause)
        await asyncio.sleep(pause)


# endregion restarting


# region strategies
async def together(*starts: Start) -> None:
    """All of them; a failure of one cancels the others."""
    async with asyncio.TaskGroup() as group:
        for start in starts:
            group.create_task(start())


async def one_for_one(*starts: Start, limit: RestartLimit) -> None:
    """Restart the one that failed; the others go on."""
    each = (partial(restarting, start, limit) for start in starts)
    await together(*each)


async def one_for_all(*starts: Start, limit: RestartLimit) -> None:
    """Restart all of them when one has failed."""
    await restarting(partial(together, *starts), limit)


# endregion strategies
