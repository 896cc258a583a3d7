"""Who gets a lock next: how many turns in a row one of four workers has, while the others wait."""

from __future__ import annotations

import asyncio
import itertools
import json
import platform
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from examples.deadlock_prevention.fair_lock import FairLock

WORKERS = 4


# region measure
def in_a_row(turns: list[int]) -> float:
    """How many turns in a row there are around a turn, on average."""
    runs = [len(list(run)) for _, run in itertools.groupby(turns)]
    return sum(run * run for run in runs) / sum(runs)


def threads(make: Callable[[], AbstractContextManager[Any]], seconds: float) -> list[int]:
    """Who had the lock, turn by turn, in so many seconds.

    Counted once each worker has had a turn: some come late.
    """
    lock, come = make(), threading.Semaphore(0)
    turns: list[int] = []
    enough = threading.Event()

    def work(number: int) -> None:
        with lock:
            come.release()
        while not enough.is_set():
            with lock:
                turns.append(number)

    running = [threading.Thread(target=work, args=(n,)) for n in range(WORKERS)]
    for thread in running:
        thread.start()
    for _ in running:
        come.acquire()
    turns.clear()
    time.sleep(seconds)
    enough.set()
    for thread in running:
        thread.join()
    return turns


# endregion measure


async def tasks(seconds: float) -> list[int]:
    """The same with tasks and an :class:`asyncio.Lock`."""
    lock, turns = asyncio.Lock(), list[int]()
    end = time.perf_counter() + seconds

    async def work(number: int) -> None:
        while time.perf_counter() < end:
            async with lock:
                turns.append(number)
                await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for number in range(WORKERS):
            group.create_task(work(number))
    return turns


def measure(seconds: float) -> dict[str, dict[str, float]]:
    """For each lock: the turns in a row, and microseconds for each turn."""
    ways: dict[str, Callable[[], list[int]]] = {
        "threading.Lock": lambda: threads(threading.Lock, seconds),
        "threading.RLock": lambda: threads(threading.RLock, seconds),
        "FairLock": lambda: threads(FairLock, seconds),
        "asyncio.Lock": lambda: asyncio.run(tasks(seconds)),
    }
    found = {}
    for name, run in ways.items():
        turns = run()
        found[name] = {"row": in_a_row(turns), "turn": seconds / len(turns) * 1e6}
    return found


def main() -> None:
    """Print the figures, as JSON with ``--json``."""
    found = measure(1)
    if "--json" in sys.argv:
        build = "free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else "gil"
        print(json.dumps({"version": platform.python_version(), "build": build, "locks": found}))
        return
    for name, figures in found.items():
        print(f"{name}: {figures['row']:.0f} turns in a row, {figures['turn']:.1f} µs a turn")


if __name__ == "__main__":
    main()
