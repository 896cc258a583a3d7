"""How late an event loop is, measured while it happens: beside work in the loop, in threads and in a process."""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import time
import zlib
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


# region monitor
class LagMonitor:
    """Wakes up each *interval*; keeps how late the last beats were."""

    def __init__(self, interval: float = 0.01, keep: int = 1000):
        self.interval = interval
        self.lags: deque[float] = deque(maxlen=keep)
        self._due = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> LagMonitor:
        self._due = asyncio.get_running_loop().time() + self.interval
        self._task = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        late = asyncio.get_running_loop().time() - self._due
        if late > 0:  # a beat that is overdue counts too
            self.lags.append(late)
        await asyncio.wait({self._task})

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._due - loop.time())
            self.lags.append(loop.time() - self._due)
            self._due = loop.time() + self.interval

    @property
    def median(self) -> float:
        return statistics.median(self.lags) if self.lags else 0.0

    @property
    def worst(self) -> float:
        return max(self.lags, default=0.0)


# endregion monitor


# region work
def rank(seconds: float) -> int:
    """Compute in Python for *seconds* of processor time."""
    end, done = time.thread_time() + seconds, 0
    while time.thread_time() < end:
        for parcel in range(500):
            done += parcel * 840 % 977
    return done


def checksum(seconds: float) -> int:
    """Compute in C code that releases the GIL."""
    end, data, done = time.thread_time() + seconds, bytes(1 << 20), 0
    while time.thread_time() < end:
        done = zlib.crc32(data, done)
    return done


# endregion work


async def lag_beside(work: Callable[[], Awaitable[object]]) -> LagMonitor:
    """The lags of this loop while *work* is awaited."""
    async with LagMonitor() as monitor:
        await work()
    return monitor


async def main(seconds: float = 0.5) -> None:
    """Print the lag beside the same work, done in several places."""
    loop = asyncio.get_running_loop()
    context = multiprocessing.get_context("spawn")
    with ThreadPoolExecutor(4) as threads, ProcessPoolExecutor(1, mp_context=context) as processes:
        await loop.run_in_executor(processes, rank, 0.01)  # starts the process

        async def in_loop() -> None:
            rank(seconds)

        async def in_threads(count: int) -> None:
            await asyncio.gather(*(loop.run_in_executor(threads, rank, seconds) for _ in range(count)))

        works: dict[str, Callable[[], Awaitable[object]]] = {
            "in the loop, Python": in_loop,
            "in a thread, C without the GIL": lambda: loop.run_in_executor(threads, checksum, seconds),
            "in a thread, Python": lambda: in_threads(1),
            "in 2 threads, Python": lambda: in_threads(2),
            "in 4 threads, Python": lambda: in_threads(4),
            "in a process, Python": lambda: loop.run_in_executor(processes, rank, seconds),
        }
        print(sys.version.split()[0])
        for name, work in works.items():
            found = await lag_beside(work)
            median, worst = found.median * 1000, found.worst * 1000
            print(f"{name:30}  {len(found.lags):4} beats, lag {median:6.1f} ms, worst {worst:6.1f}")


if __name__ == "__main__":
    asyncio.run(main())
