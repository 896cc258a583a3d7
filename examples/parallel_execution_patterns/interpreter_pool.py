"""A pool whose workers are interpreters of this process: set-up, failure, a bound, and a stop that they see.

It needs Python 3.14; on an older one the program says what is missing.
"""

from __future__ import annotations

import itertools
from concurrent.futures import Executor
from typing import Protocol

from examples.parallel_execution_patterns.map_reduce import Done, Failed, map_unordered

# region jobs
rates: dict[str, int] = {}


class Queue(Protocol):
    """What is used of a queue between interpreters."""

    def put(self, obj: str) -> None: ...
    def get(self, *, timeout: float) -> str: ...


def load(cents: int) -> None:
    """Set up a worker: runs once in each interpreter."""
    rates.update(swift=cents)


def price(grams: int) -> int:
    """Cents by the rate of this interpreter."""
    if grams <= 0:
        raise ValueError(grams)
    return rates["swift"] * -(-grams // 1000)


def search(stop: memoryview, begun: Queue) -> bool:
    """Try packings until the caller writes into *stop*."""
    begun.put("begun")
    tried = 0
    while not stop[0]:
        tried += 1
    return True


# endregion jobs


# region main
def price_some(pool: Executor) -> None:
    """Each item has an outcome, as over processes."""
    prices, errors = [], []
    for outcome in map_unordered(pool, price, [500, 2500, -1], window=4):
        match outcome:
            case Done(_, cents):
                prices.append(cents)
            case Failed(_, error):
                errors.append(error)
    print("prices:", sorted(prices), "errors:", errors)


def bound(pool: Executor) -> None:
    """Of an endless input no more than the window is taken."""
    numbers = itertools.count(1)
    outcomes = map_unordered(pool, price, numbers, window=4)
    next(outcomes)
    outcomes.close()
    print("taken of endless:", next(numbers) - 1)


def stop_one(pool: Executor, begun: Queue) -> None:
    """A byte that both sides see stops a running call."""
    flag = bytearray(1)
    call = pool.submit(search, memoryview(flag), begun)
    try:
        begun.get(timeout=60)
        print("cancel:", call.cancel())
    finally:
        flag[0] = 1  # or the end of the pool waits for it
    print("stopped:", call.result(60))


def main() -> None:
    """Run the three on a pool of two interpreters."""
    try:
        from concurrent import interpreters  # type: ignore[attr-defined]
        from concurrent.futures import (  # type: ignore[attr-defined]
            InterpreterPoolExecutor,
        )
    except ImportError as error:
        print(str(error).partition(" (")[0])
        return
    with InterpreterPoolExecutor(2, initializer=load, initargs=(990,)) as pool:
        price_some(pool)
        bound(pool)
        stop_one(pool, interpreters.create_queue())
    print("rates of the main interpreter:", rates)


# endregion main


if __name__ == "__main__":
    main()
