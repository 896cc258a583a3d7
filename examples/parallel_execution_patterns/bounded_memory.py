"""What 100,000 items take under each way to bound concurrency: items held at once, memory, time to end early.

``python -m examples.parallel_execution_patterns.bounded_memory`` prints a line for each way, with ``--json`` one JSON
object.  Memory is what :mod:`tracemalloc` sees at the worst moment, results not kept.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import platform
import sys
import sysconfig
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TypedDict

from examples.parallel_execution_patterns.bounded import for_each, gather_limited, map_limited
from examples.parallel_execution_patterns.bounded_executor import map_bounded

ITEMS, LIMIT, THREADS = 100_000, 100, 4
END_EARLY = (5_000, 10_000, 20_000)
"""Items that wait when one fails."""


class Row(TypedDict):
    """The worst moment of a way: items pulled whose result was not yet handed over, and bytes."""

    held: int
    bytes: int


class Gauge:
    """Counts the items between the source and whoever gets the results."""

    def __init__(self, items: int) -> None:
        self.items, self.held, self.most = items, 0, 0

    def parcels(self) -> Iterator[int]:
        for grams in range(self.items):
            self.held += 1
            self.most = max(self.most, self.held)
            yield grams

    def handed_over(self, results: Iterable[object]) -> None:
        for _ in results:
            self.held -= 1


async def quote(grams: int) -> int:
    """Wait for a turn of the loop, as for an answer."""
    await asyncio.sleep(0)
    return grams


def price(grams: int) -> int:
    return grams


async def a_task_for_each(gauge: Gauge, limit: int) -> None:
    gauge.handed_over(await gather_limited(quote, gauge.parcels(), limit=limit))


async def workers(gauge: Gauge, limit: int) -> None:
    async def use(grams: int) -> None:
        gauge.handed_over([await quote(grams)])

    await for_each(use, gauge.parcels(), limit=limit)


async def window(gauge: Gauge, limit: int) -> None:
    async with aclosing(map_limited(quote, gauge.parcels(), limit=limit)) as stream:
        async for result in stream:
            gauge.handed_over([result])


async def window_as_completed(gauge: Gauge, limit: int) -> None:
    async with aclosing(map_limited(quote, gauge.parcels(), limit=limit, ordered=False)) as stream:
        async for result in stream:
            gauge.handed_over([result])


def executor_map(gauge: Gauge, limit: int) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        gauge.handed_over(pool.map(price, gauge.parcels()))


def executor_window(gauge: Gauge, limit: int) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        gauge.handed_over(map_bounded(pool, price, gauge.parcels(), limit=limit))


def executor_buffersize(gauge: Gauge, limit: int) -> None:
    if sys.version_info < (3, 14):
        raise NotImplementedError("buffersize is new in 3.14")
    with ThreadPoolExecutor(THREADS) as pool:
        gauge.handed_over(pool.map(price, gauge.parcels(), buffersize=limit))


WAYS: dict[str, Callable[[Gauge, int], Awaitable[None] | None]] = {
    "gather_limited": a_task_for_each,
    "for_each": workers,
    "map_limited": window,
    "map_limited, as completed": window_as_completed,
    "Executor.map": executor_map,
    "map_bounded": executor_window,
    "Executor.map, buffersize": executor_buffersize,
}


async def finish(waiting: Awaitable[None]) -> None:
    await waiting


def measure(way: str, items: int, limit: int) -> Row | None:
    """The worst moment of *way*; None if this interpreter does not have it."""
    gc.collect()
    gauge = Gauge(items)
    tracemalloc.start()
    try:
        waiting = WAYS[way](gauge, limit)
        if waiting is not None:
            asyncio.run(finish(waiting))
        peak = tracemalloc.get_traced_memory()[1]
    except NotImplementedError:
        return None
    finally:
        tracemalloc.stop()
    return {"held": gauge.most, "bytes": peak}


Bounded = Callable[..., Awaitable[object]]


def time_to_end(way: Bounded, items: int, limit: int) -> float:
    """Milliseconds of processor time from the first failure, with all *items* pending, until *way* has ended."""
    began = 0.0

    async def case() -> None:
        last_has_begun = asyncio.Event()
        asked = 0

        async def fail(grams: int) -> None:
            nonlocal asked, began
            asked += 1
            if asked < limit:
                await last_has_begun.wait()  # until it is cancelled
            await asyncio.sleep(0)  # meanwhile the others line up
            began = time.process_time()
            raise ConnectionError("no route")

        try:
            await way(fail, range(items), limit=limit)
        except* ConnectionError:
            pass

    asyncio.run(case())
    return round((time.process_time() - began) * 1000, 3)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--items", type=int, default=ITEMS, help="how many (%(default)s)")
    options = parser.parse_args(argv)
    rows: dict[str, Row | None] = {}
    for way in WAYS:
        row = rows[way] = measure(way, options.items, LIMIT)
        if not options.json:
            print(f"{way:26}", f"{row['held']:7} items {row['bytes']:12} bytes" if row else "not here")
    counts = [min(count, options.items) for count in END_EARLY]
    end: dict[str, dict[str, float]] = {}
    for way, bounded in (("gather_limited", gather_limited), ("for_each", for_each)):
        end[way] = {str(count): time_to_end(bounded, count, LIMIT) for count in counts}
        if not options.json:
            print(f"{way:26}", *(f"{count}: {taken:.1f} ms" for count, taken in end[way].items()))
    if options.json:
        build = "free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else "gil"
        told = {"version": platform.python_version(), "build": build, "items": options.items, "limit": LIMIT}
        print(json.dumps({**told, "rows": rows, "end": end}))


if __name__ == "__main__":
    main()
