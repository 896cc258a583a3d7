"""The same work in two threads, on one shared object and on one object for each thread.

``python -m examples.foundations.contention`` prints the times; the totals do not depend on who shares what.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Barrier, Lock, Thread


# region shelf
class Rate:
    def __init__(self) -> None:
        self.cents = json.loads("990")  # an object of its own


@dataclass
class Shelf:
    rate: Rate = field(default_factory=Rate)
    booked: list[int] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    sold: int = 0


def compute(shelf: Shelf, rounds: int) -> None:
    cents = 99
    for number in range(rounds):
        cents = cents * 7 + number & 127


def read(shelf: Shelf, rounds: int) -> None:
    rate = shelf.rate
    for _ in range(rounds):
        _ = rate.cents


def append(shelf: Shelf, rounds: int) -> None:
    for number in range(rounds):
        shelf.booked.append(number)


def count(shelf: Shelf, rounds: int) -> None:
    for _ in range(rounds):
        with shelf.lock:
            shelf.sold += 1


# endregion shelf
Work = Callable[[Shelf, int], None]


def run(work: Work, shelves: list[Shelf], rounds: int) -> float:
    """Give each shelf of *shelves* a thread; return seconds."""
    start, times = Barrier(len(shelves)), list[float]()

    def timed(shelf: Shelf) -> None:
        start.wait()
        times.append(time.perf_counter())
        work(shelf, rounds)
        times.append(time.perf_counter())

    threads = [Thread(target=timed, args=(s,)) for s in shelves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(times) - min(times)


def main(rounds: int = 200_000, repeats: int = 9) -> None:
    """Print, for each kind of work, one thread, two with a shelf each, and two that share one."""
    print(sys.version)
    for work in (compute, read, append, count):
        times: dict[str, list[float]] = {}
        for _ in range(repeats):
            shelf = Shelf()
            layouts = {"one": [Shelf()], "own": [Shelf(), Shelf()], "shared": [shelf, shelf]}
            for name, shelves in layouts.items():
                times.setdefault(name, []).append(run(work, shelves, rounds))
                time.sleep(0.05)
        row = "  ".join(f"{name} {statistics.median(t) * 1e9 / rounds:6.1f} ns" for name, t in times.items())
        print(f"{work.__name__:8} {row}")


if __name__ == "__main__":
    main()
