"""``map`` of an executor with a bound on the calls that are in flight, on every version and for every kind of pool."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


# region map
def map_bounded(
    pool: Executor,
    function: Callable[[T], R],
    items: Iterable[T],
    *,
    limit: int,
    ordered: bool = True,
) -> Generator[R, None, None]:
    """Results as a stream; *limit* calls submitted and not yielded.

    *items* are pulled in the thread that iterates, one for each
    result that it takes.  The first failure is raised where its
    result would have come.  When the stream ends early, calls that
    wait in the pool are cancelled; those that run are left to it.
    """
    if limit < 1:
        raise ValueError("a limit below 1 handles nothing")
    coming: SimpleQueue[Future[R]] = SimpleQueue()
    in_flight: set[Future[R]] = set()
    source = iter(items)
    try:
        while True:
            while len(in_flight) < limit:
                try:
                    item = next(source)
                except StopIteration:
                    limit = 0  # no more
                    break
                call = pool.submit(function, item)
                in_flight.add(call)
                if ordered:
                    coming.put(call)
                else:
                    call.add_done_callback(coming.put)
            if not in_flight:
                return
            call = coming.get()
            result = call.result()
            in_flight.discard(call)
            yield result
    finally:
        for call in in_flight:
            call.cancel()


# endregion map
