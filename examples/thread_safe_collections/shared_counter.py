"""A ``multiprocessing.Value`` has a lock, and ``+=`` does not take it."""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier


# region main
def broken(sold: Synchronized[int], both_read: Barrier) -> None:
    """``sold.value += 1`` in two steps, with a meeting between."""
    before = sold.value
    both_read.wait(60)
    sold.value = before + 1


def fixed(sold: Synchronized[int], both_here: Barrier) -> None:
    """The lock that comes with the value, around both steps."""
    both_here.wait(60)
    with sold.get_lock():
        before = sold.value
        with contextlib.suppress(threading.BrokenBarrierError):
            both_here.wait(0.2)  # the other has not read
        sold.value = before + 1


def main() -> None:
    """Two processes sell one parcel each, in both ways."""
    spawn = multiprocessing.get_context("spawn")
    for sell in (broken, fixed):
        sold, barrier = spawn.Value("i", 0), spawn.Barrier(2)
        print(f"{sell.__name__}: {run(spawn, sell, sold, barrier)}")


# endregion main


def run(
    spawn: multiprocessing.context.SpawnContext,
    sell: Callable[[Synchronized[int], Barrier], None],
    sold: Synchronized[int],
    barrier: Barrier,
) -> int:
    """Sell in two processes, and return how many the counter shows."""
    sellers = [spawn.Process(target=sell, args=(sold, barrier)) for _ in range(2)]
    for seller in sellers:
        seller.start()
    for seller in sellers:
        seller.join()
    return sold.value


if __name__ == "__main__":
    main()
