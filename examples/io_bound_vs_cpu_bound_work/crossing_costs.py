"""What it costs to hand a job to another thread, interpreter or process, and from which size it pays.

``python -m examples.io_bound_vs_cpu_bound_work.crossing_costs`` checks the answers; ``--json`` measures.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from multiprocessing.shared_memory import SharedMemory
from typing import Any

from examples.io_bound_vs_cpu_bound_work.payloads import look_shared, size, spin
from examples.io_bound_vs_cpu_bound_work.six_ways import interpreter, pools

PAYLOADS = {"100 kB": 100_000, "10 MB": 10_000_000}
"""What is sent, in bytes."""

COSTS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
"""How long one job computes, in microseconds."""

WORKERS = 2


def seconds(call: Callable[[], object]) -> float:
    """How long *call* takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


# region round_trip
def round_trip(
    pool: Executor,
    payload: bytes,
    rounds: int,
) -> float:
    """The median seconds from submit to result, one at a time."""

    def once() -> None:
        assert pool.submit(size, payload).result() == len(payload)

    return statistics.median(seconds(once) for _ in range(rounds))


def round_trip_shared(
    pool: Executor,
    block: SharedMemory,
    rounds: int,
) -> float:
    """The same for data that is already in shared memory."""

    def once() -> None:
        found = pool.submit(look_shared, block.name).result()
        assert found == b"label"

    return statistics.median(seconds(once) for _ in range(rounds))


# endregion round_trip


def handing_over(rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds for a round trip of each payload through each kind of pool."""
    result: dict[str, dict[str, float]] = {}
    for name, way in pools().items():
        with way(1) as pool:
            pool.submit(size, b"").result()  # the worker has started
            row = {"nothing": round_trip(pool, b"", rounds * 20)}
            for label, length in PAYLOADS.items():
                row[label] = round_trip(pool, bytes(length), rounds)
            result[name] = microseconds(row)
            if name == "processes":
                row = {}
                for label, length in PAYLOADS.items():
                    block = SharedMemory(create=True, size=length)
                    try:
                        assert block.buf is not None
                        block.buf[:5] = b"label"
                        row[label] = round_trip_shared(pool, block, rounds)
                    finally:
                        block.close()
                        block.unlink()
                result["shared memory"] = microseconds(row)
    return result


def microseconds(row: dict[str, float]) -> dict[str, float]:
    """*row*, given in seconds, rounded."""
    return {label: round(taken * 1e6, 1) for label, taken in row.items()}


def turns_per_microsecond() -> float:
    """How fast this machine computes ``spin``."""
    return 200_000 / min(seconds(lambda: spin(200_000)) for _ in range(5)) / 1e6


def gains(rounds: int) -> dict[str, dict[str, float]]:
    """How many times as fast as a plain loop, by cost of a job."""
    speed = turns_per_microsecond()
    result: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        for name, way in pools().items():
            pool = stack.enter_context(way(WORKERS))
            for label, chunks in chunkings(name):
                result[label] = {}
                for cost in COSTS:
                    count = min(1_000, max(16, 40_000 // cost))
                    items = [int(cost * speed)] * count
                    chunk = math.ceil(count / chunks) if chunks else 1
                    gain = compare(pool, items, chunk, rounds)
                    result[label][str(cost)] = round(gain, 3)
    return result


# region break_even
def compare(
    pool: Executor,
    items: Sequence[int],
    chunk: int,
    rounds: int,
) -> float:
    """Seconds of a loop over seconds of the pool, at their best.

    Whatever else the machine does can only slow a round down.
    """

    def loop() -> None:
        for item in items:
            spin(item)

    def mapped() -> None:
        list(pool.map(spin, items, chunksize=chunk))

    mapped()  # now the workers are up
    alone, pooled = [], []
    for _ in range(rounds):
        alone.append(seconds(loop))
        pooled.append(seconds(mapped))
    return min(alone) / min(pooled)


# endregion break_even


def chunkings(name: str) -> list[tuple[str, int]]:
    """The curves for a kind of pool: a label, and in how many chunks the jobs are sent; 0 is each alone."""
    if name == "processes":
        return [("processes, one by one", 0), ("processes, in 8 chunks", 8)]
    return [(name, 0)]


def check() -> dict[str, Any]:
    """What each kind of pool answers, for a small payload and a few jobs."""
    got: dict[str, Any] = {}
    for name, way in pools().items():
        with way(WORKERS) as pool:
            got[name] = [pool.submit(size, bytes(1_000)).result(), *pool.map(spin, [0, 10, 100])]
    return got


def main() -> None:
    """Check that all pools agree, or measure them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true", help="measure, and print the figures")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.json:
        figures = {"round_trips": handing_over(4 * options.rounds), "gains": gains(options.rounds)}
        print(json.dumps(interpreter() | figures))
        return
    for name, got in check().items():
        print(f"{name}: {got}")


if __name__ == "__main__":
    main()
