"""What it costs to get an answer that is already there: time for one await of each kind."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

REPEATS = 7

# What the loop of a measurement does once, awaiting the answer of the call.
Ways = dict[str, Callable[[], Awaitable[int]]]


# region ways
def rate() -> int:
    """The plain function: a cached rate in cents."""
    return 840


async def cached() -> int:
    """A coroutine function that never suspends."""
    return 840


async def gives_way() -> int:
    """A coroutine function that waits for one turn."""
    await asyncio.sleep(0)
    return 840


def finished() -> asyncio.Future[int]:
    """A new future that has its result."""
    known = asyncio.get_running_loop().create_future()
    known.set_result(840)
    return known


def ways(kept: asyncio.Future[int]) -> Ways:
    """Each way to await an answer, by name; *kept* is done."""
    loop = asyncio.get_running_loop()
    found: Ways = {
        "coroutine": cached,
        "done future, kept": lambda: kept,
        "done future, new": finished,
        "coroutine, sleep(0)": gives_way,
        "task": lambda: asyncio.create_task(cached()),
    }
    if sys.version_info >= (3, 12):
        found["eager task"] = lambda: asyncio.Task(
            cached(),
            loop=loop,
            eager_start=True,
        )
    return found


# endregion ways


def call_cost(rounds: int) -> float:
    """Nanoseconds for one call of the plain function."""
    start = time.perf_counter()
    for _ in range(rounds):
        rate()
    return (time.perf_counter() - start) / rounds * 1e9


async def await_cost(way: Callable[[], Awaitable[int]], rounds: int) -> float:
    """Nanoseconds for one await of what *way* returns."""
    start = time.perf_counter()
    for _ in range(rounds):
        await way()
    return (time.perf_counter() - start) / rounds * 1e9


async def measure(rounds: int) -> dict[str, Any]:
    """The least of several runs in nanoseconds, by name."""
    time_of = {"plain call": [call_cost(rounds) for _ in range(REPEATS)]}
    kept = finished()
    for name, way in ways(kept).items():
        time_of[name] = [await await_cost(way, rounds) for _ in range(REPEATS)]
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    return {
        "version": platform.python_version(),
        "build": "gil" if gil else "free-threaded",
        "nanoseconds": {name: round(min(times), 1) for name, times in time_of.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(measure(options.rounds))
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, nanoseconds in found["nanoseconds"].items():
        print(f"{name:20} {nanoseconds:7,.0f} ns")


if __name__ == "__main__":
    main()
