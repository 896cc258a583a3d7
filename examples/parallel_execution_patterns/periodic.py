"""Run a job at fixed times that do not drift, in a task or in a thread, until it is told to stop."""

from __future__ import annotations

import asyncio
import enum
import logging
import math
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


# region schedule
class Late(enum.Enum):
    """What becomes of due times that passed during a long run."""

    SKIP = "wait for the next due time"
    ONCE = "one run at once for all that were missed"
    ALL = "one run at once for each that was missed"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Due at *start*, and every *interval* seconds after it."""

    start: float
    interval: float

    def due(self, tick: int) -> float:
        """Multiplied, not added up: no error accumulates."""
        return self.start + tick * self.interval

    def after(self, tick: int, now: float, late: Late) -> int:
        """The tick to run after *tick*."""
        passed = (now - self.start) / self.interval
        if late is Late.SKIP:
            return max(tick + 1, math.ceil(passed))
        if late is Late.ONCE:
            return max(tick + 1, math.floor(passed))
        return tick + 1


# endregion schedule


# region every
async def every(
    interval: float,
    run: Callable[[], Awaitable[object]],
    stop: asyncio.Event,
    *,
    phase: float = 0.0,
    late: Late = Late.SKIP,
    at_once: int = 1,
) -> None:
    """Await ``run()`` every *interval* seconds until *stop* is set.

    The first run is due in *phase* seconds.  A run that fails is
    logged, and ends no other.  Runs under way are awaited at the
    stop, and cancelled when the caller is.
    """
    places = asyncio.Semaphore(at_once)

    async def one() -> None:
        try:
            await run()
        except Exception:
            log.exception("a run of %r failed", run)
        finally:
            places.release()

    async def stopped(before: float) -> bool:
        try:
            async with asyncio.timeout_at(before):
                return await stop.wait()
        except TimeoutError:
            return False

    loop = asyncio.get_running_loop()
    schedule = Schedule(loop.time() + phase, interval)
    tick = 0
    async with asyncio.TaskGroup() as runs:
        await places.acquire()
        while not await stopped(before=schedule.due(tick)):
            runs.create_task(one())
            await places.acquire()
            tick = schedule.after(tick, loop.time(), late)


# endregion every


# region thread
def every_blocking(
    interval: float,
    run: Callable[[], object],
    stop: threading.Event,
    late: Late = Late.SKIP,
) -> None:
    """The same in this thread; ``stop.wait`` is the timer."""
    schedule = Schedule(time.monotonic(), interval)
    tick, wait = 0, 0.0
    while not stop.wait(wait):
        try:
            run()
        except Exception:
            log.exception("a run of %r failed", run)
        now = time.monotonic()
        tick = schedule.after(tick, now, late)
        wait = max(0.0, schedule.due(tick) - now)


# endregion thread
