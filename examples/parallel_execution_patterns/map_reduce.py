"""Map and reduce over any executor, with a bound on what is under way.

The caller gets an outcome for each item, failed ones included, and may stop handing out at any moment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


# region outcome
@dataclass(frozen=True, slots=True)
class Done(Generic[T, R]):
    """An item, and what its job returned."""

    item: T
    result: R


@dataclass(frozen=True, slots=True)
class Failed(Generic[T]):
    """An item, and what its job raised."""

    item: T
    error: Exception


Outcome = Done[T, R] | Failed[T]


def outcome_of(item: T, call: Future[R]) -> Outcome[T, R]:
    """What became of *item*, from a call that is done.

    A broken pool is no failure of the item: it is raised. So is the
    ``CancelledError`` of a call that was cancelled, and what is no
    ``Exception``, such as the ``SystemExit`` of a job.
    """
    error = call.exception()
    if error is None:
        return Done(item, call.result())
    if isinstance(error, Exception) and not isinstance(error, BrokenExecutor):
        return Failed(item, error)
    raise error


# endregion outcome


def never() -> bool:
    """Go on."""
    return False


# region unordered
def map_unordered(
    pool: Executor,
    job: Callable[[T], R],
    items: Iterable[T],
    *,
    window: int,
    stop: Callable[[], bool] = never,
) -> Generator[Outcome[T, R], None, None]:
    """Yield an outcome for each item, the first to finish first.

    At most *window* items are taken and not yet answered, so *items*
    may be endless. When *stop* returns True no more are taken, and
    what is out still arrives; closing the iterator instead cancels
    what has not started.
    """
    source, running = iter(items), dict[Future[R], T]()
    done = SimpleQueue[Future[R]]()
    try:
        while True:
            free = 0 if stop() else window - len(running)
            for item in islice(source, free):
                call = pool.submit(job, item)
                running[call] = item
                call.add_done_callback(done.put)
            if not running:
                return
            call = done.get()
            yield outcome_of(running.pop(call), call)
    finally:
        for call in running:
            call.cancel()


# endregion unordered


# region ordered
def map_ordered(
    pool: Executor,
    job: Callable[[T], R],
    items: Iterable[T],
    *,
    window: int,
    stop: Callable[[], bool] = never,
) -> Generator[Outcome[T, R], None, None]:
    """The same in the order of *items*: a slow one holds up the rest."""
    source, waiting = iter(items), deque[tuple[T, Future[R]]]()
    try:
        while True:
            free = 0 if stop() else window - len(waiting)
            for item in islice(source, free):
                waiting.append((item, pool.submit(job, item)))
            if not waiting:
                return
            yield outcome_of(*waiting.popleft())
    finally:
        for _, call in waiting:
            call.cancel()


# endregion ordered


# region reduce
def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of *size* items, the last one may be shorter."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def map_reduce(
    pool: Executor,
    fold: Callable[[list[T]], R],
    combine: Callable[[R, R], R],
    items: Iterable[T],
    *,
    start: R,
    size: int,
    window: int,
    progress: Callable[[int], None] = lambda done: None,
    stop: Callable[[], bool] = never,
) -> tuple[R, list[Failed[list[T]]]]:
    """Fold chunks in the workers, combine their totals here.

    Totals arrive in any order, so *combine* must not mind it. Returns
    the total, and the chunks that failed.
    """
    total, failed, done = start, list[Failed[list[T]]](), 0
    parts = chunks(items, size)
    for outcome in map_unordered(pool, fold, parts, window=window, stop=stop):
        if isinstance(outcome, Done):
            total = combine(total, outcome.result)
        else:
            failed.append(outcome)
        done += len(outcome.item)
        progress(done)
    return total, failed


# endregion reduce
