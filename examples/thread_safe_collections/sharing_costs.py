"""What it costs threads to share: one lock, many locks, a queue, or a part of their own that is merged in the end.

``python -m examples.thread_safe_collections.sharing_costs`` prints nanoseconds, ``--json`` all of them.  The counts
do not depend on who shares what; how long they take does.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import queue
import statistics
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Barrier, Lock, RLock, Thread
from typing import Any, Protocol

CARRIERS = [f"carrier {number}" for number in range(64)]
THREADS, REPEATS = (1, 2, 4), 5
LEAST, MOST = 200, 20_000
"""Operations of a thread in one run."""

ENOUGH = 1.0
"""Seconds after which a way is not run again: with threads that queue up for a lock, a run may take long."""


# region ways
class Orders(Protocol):
    """Counts of orders by carrier, to which threads add."""

    def work(self, carriers: Sequence[str]) -> None:
        """Count one order for each of *carriers*."""

    def total(self) -> Counter[str]:
        """All counts, once the threads have ended."""


class OneLock:
    """One dictionary, and one lock for all of it."""

    def __init__(self) -> None:
        self.lock, self.counts = Lock(), dict[str, int]()

    def work(self, carriers: Sequence[str]) -> None:
        for carrier in carriers:
            with self.lock:
                self.counts[carrier] = self.counts.get(carrier, 0) + 1

    def total(self) -> Counter[str]:
        return Counter(self.counts)


class Striped:
    """Parts by hash of the key, each with a lock of its own."""

    def __init__(self, stripes: int = 16) -> None:
        self.parts = [(Lock(), dict[str, int]()) for _ in range(stripes)]

    def work(self, carriers: Sequence[str]) -> None:
        parts = self.parts
        for carrier in carriers:
            lock, counts = parts[hash(carrier) % len(parts)]
            with lock:
                counts[carrier] = counts.get(carrier, 0) + 1

    def total(self) -> Counter[str]:
        return Counter({k: n for _, part in self.parts for k, n in part.items()})


class OwnThenMerge:
    """A dictionary for each call of work, merged when it ends."""

    def __init__(self) -> None:
        self.lock, self.merged = Lock(), Counter[str]()

    def work(self, carriers: Sequence[str]) -> None:
        own = dict[str, int]()
        for carrier in carriers:
            own[carrier] = own.get(carrier, 0) + 1
        with self.lock:
            self.merged.update(own)

    def total(self) -> Counter[str]:
        return self.merged


class Owner:
    """One thread owns the dictionary; the others send it what they have, in batches."""

    def __init__(self, batch: int = 1) -> None:
        self.batch, self.counts = batch, dict[str, int]()
        self.line: queue.SimpleQueue[Sequence[str] | None] = queue.SimpleQueue()
        self.thread = Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        while (carriers := self.line.get()) is not None:
            for carrier in carriers:
                self.counts[carrier] = self.counts.get(carrier, 0) + 1

    def work(self, carriers: Sequence[str]) -> None:
        for start in range(0, len(carriers), self.batch):
            self.line.put(carriers[start : start + self.batch])

    def total(self) -> Counter[str]:
        self.line.put(None)
        self.thread.join()
        return Counter(self.counts)


COUNTING: dict[str, Callable[[], Orders]] = {
    "one lock": OneLock,
    "16 striped locks": Striped,
    "own, merged at the end": OwnThenMerge,
    "queue to an owner": Owner,
    "the same, 100 at a time": lambda: Owner(100),
}


def count(orders: Orders, parts: Sequence[Sequence[str]]) -> tuple[Counter[str], float]:
    """Count each of *parts* in a thread; the total, and seconds until it is known."""
    start, began = Barrier(len(parts)), list[float]()

    def run(part: Sequence[str]) -> None:
        start.wait(60)
        began.append(time.perf_counter())
        orders.work(part)

    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(run, parts))
        total = orders.total()
        return total, time.perf_counter() - min(began)


# endregion ways


# region reading
class Rates:
    """A price list whose method only reads."""

    def __init__(self) -> None:
        self.cents = [json.loads("2490")]  # an object of its own

    def swift(self) -> int:
        cents: int = self.cents[0]
        return cents


def read(rates: Rates, rounds: int) -> None:
    for _ in range(rounds):
        rates.swift()


# endregion reading


def reading(threads: int, rounds: int, shared: bool) -> float:
    """Seconds in which *threads* threads read one object, or each its own."""
    one = Rates()
    each = [one if shared else Rates() for _ in range(threads)]
    start, times = Barrier(threads), list[float]()

    def run(rates: Rates) -> None:
        start.wait(60)
        times.append(time.perf_counter())
        read(rates, rounds)
        times.append(time.perf_counter())

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, each))
    return max(times) - min(times)


def singles(manager: Any) -> dict[str, Callable[[], object]]:
    """Operations for one thread, with nobody else there."""
    lock, rlock, counts = Lock(), RLock(), {"swift": 0}
    line: queue.Queue[int] = queue.Queue()
    small: queue.SimpleQueue[int] = queue.SimpleQueue()
    belt: deque[int] = deque()
    proxy = manager.dict(swift=990)

    def guarded(guard: Any) -> Callable[[], None]:
        def add() -> None:
            with guard:
                counts["swift"] += 1

        return add

    def plain() -> None:
        counts["swift"] += 1

    def through_belt() -> None:
        belt.append(1)
        belt.popleft()

    def through(waiting: Any) -> Callable[[], None]:
        def hand_over() -> None:
            waiting.put(1)
            waiting.get()

        return hand_over

    return {
        "`d[k] += 1`, no lock": plain,
        "the same in `with nullcontext()`": guarded(nullcontext()),
        "the same in `with Lock()`": guarded(lock),
        "the same in `with RLock()`": guarded(rlock),
        "`deque` `append`, `popleft`": through_belt,
        "`SimpleQueue` `put`, `get`": through(small),
        "`Queue` `put`, `get`": through(line),
        "`d[k]` of a `Manager().dict()`": lambda: proxy["swift"],
    }


def per_call(call: Callable[[], object]) -> Callable[[int], float]:
    """What takes the seconds of so many calls."""

    def run(rounds: int) -> float:
        start = time.perf_counter()
        for _ in range(rounds):
            call()
        return time.perf_counter() - start

    return run


def per_operation(run: Callable[[int], float], threads: int, aim: float) -> float:
    """Nanoseconds of one operation, in the median of several runs of about *aim* seconds."""
    rounds = LEAST
    for _ in range(2):  # the first is for the most part the start of the threads
        rounds = max(LEAST, min(MOST, int(rounds * aim / run(rounds))))
    times = list[float]()
    while len(times) < REPEATS and sum(times) < ENOUGH:
        times.append(run(rounds))
    return round(statistics.median(times) / rounds / threads * 1e9, 1)


def measure(aim: float) -> dict[str, Any]:
    """Nanoseconds: for each operation in one thread, and for each way to share."""
    most = CARRIERS * (MOST // len(CARRIERS) + 1)
    counting: dict[str, dict[str, float]] = {}
    reads: dict[str, dict[str, float]] = {}
    for threads in THREADS:
        for way, make in COUNTING.items():

            def counted(rounds: int, make: Callable[[], Orders] = make, threads: int = threads) -> float:
                return count(make(), [most[:rounds]] * threads)[1]

            counting.setdefault(way, {})[str(threads)] = per_operation(counted, threads, aim)
        for way, shared in (("an object of its own", False), ("one shared object", True)):

            def looked_up(rounds: int, shared: bool = shared, threads: int = threads) -> float:
                return reading(threads, rounds, shared)

            reads.setdefault(way, {})[str(threads)] = per_operation(looked_up, threads, aim)
    with multiprocessing.get_context("spawn").Manager() as manager:
        single = {name: per_operation(per_call(call), 1, aim) for name, call in singles(manager).items()}
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    return {
        "version": platform.python_version(),
        "build": "gil" if gil else "free-threaded",
        "single": single,
        "counting": counting,
        "reading": reads,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aim", type=float, default=0.05, help="seconds of a run")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.aim)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name, nanoseconds in found["single"].items():
        print(f"{name:34} {nanoseconds:10,.0f} ns")
    for kind in ("counting", "reading"):
        for way, by_threads in found[kind].items():
            times = "  ".join(f"{threads}: {ns:7,.0f} ns" for threads, ns in by_threads.items())
            print(f"{way:34} {times}")


if __name__ == "__main__":
    main()
