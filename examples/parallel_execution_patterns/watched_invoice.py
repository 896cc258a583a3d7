"""Process workers that report how far they are, and that stop when they are asked to."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event

from examples.parallel_execution_patterns.invoice import invoice
from examples.parallel_execution_patterns.map_reduce import chunks
from examples.quotes import Parcel

# region worker
BATCH = 100
"""Parcels between two looks at the stop event."""

_stop: Event
_progress: SimpleQueue[int | None]


def prepare(stop: Event, progress: SimpleQueue[int | None]) -> None:
    """Set up a worker: events and queues cross only in this way."""
    global _stop, _progress
    _stop, _progress = stop, progress


def invoice_grams(grams: range) -> tuple[Counter[str], bool]:
    """Cents of one parcel of each weight, and whether all are in."""
    total: Counter[str] = Counter()
    for batch in chunks(map(Parcel, grams), BATCH):
        if _stop.is_set():
            return total, False
        total += invoice(batch)
        _progress.put(len(batch))
    return total, True


# endregion worker


# region parent
@contextmanager
def reading(progress: SimpleQueue[int | None], seen: list[int]) -> Iterator[threading.Event]:
    """Read all progress; the event is set by the first of it.

    The queue is read until the block ends: a worker whose ``put``
    found the pipe full, and nobody reading, would never end.
    """
    begun = threading.Event()

    def read() -> None:
        while (number := progress.get()) is not None:
            seen.append(number)
            begun.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield begun
    finally:
        progress.put(None)  # the workers have ended: it is the last
        reader.join()


def watched(grams: range, *, stop_early: bool) -> tuple[int, bool]:
    """Cents, and whether the total holds just what was reported."""
    spawn = multiprocessing.get_context("spawn")
    stop, progress = spawn.Event(), spawn.SimpleQueue()
    seen: list[int] = []
    with (
        reading(progress, seen) as begun,
        ProcessPoolExecutor(1, spawn, prepare, (stop, progress)) as pool,
    ):
        call = pool.submit(invoice_grams, grams)
        try:
            if stop_early:
                begun.wait(60)
                stop.set()
            total, complete = call.result(60)
        finally:
            stop.set()  # or the end of the pool waits for its call
    print("complete:", complete, "reports:", bool(seen) if stop_early else seen)
    reported = invoice(map(Parcel, grams[: sum(seen)]))
    return total["domestic"], total == reported


def main() -> None:
    """Invoice 300 parcels, and then stop an endless month."""
    print(watched(range(1, 301), stop_early=False))
    cents, as_reported = watched(range(1, 10**12), stop_early=True)
    print(cents > 0, as_reported)


# endregion parent


if __name__ == "__main__":
    main()
