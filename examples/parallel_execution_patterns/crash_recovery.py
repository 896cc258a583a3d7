"""Run items in process pools, and go on when one of them kills its worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from itertools import islice
from typing import TypeVar

from examples.parallel_execution_patterns.map_reduce import Done, Failed, Outcome, outcome_of

T = TypeVar("T")
R = TypeVar("R")


# region survive
class WorkerDied(Exception):
    """The item broke a pool in which it was alone."""


class TooManyDeaths(Exception):
    """So many died that the items can't be what is wrong."""


def map_surviving(
    make_pool: Callable[[int], Executor],
    job: Callable[[T], R],
    items: Iterable[T],
    *,
    workers: int,
    most_deaths: int = 3,
) -> Generator[Outcome[T, R], None, None]:
    """Yield an outcome for each item, in any order.

    When a worker dies, the items that were out run again, one at a
    time, each in a pool of one: *job* must bear being run twice. An
    item that breaks that pool, too, is ``Failed`` with ``WorkerDied``.
    Only *workers* items are out at a time, so that few are suspects.
    """
    source, deaths = iter(items), 0
    while suspects := (yield from _together(make_pool(workers), job, source, workers)):
        for item in suspects:
            outcome = _alone(make_pool(1), job, item)
            if isinstance(outcome, Failed) and isinstance(outcome.error, WorkerDied):
                deaths += 1
                if deaths > most_deaths:
                    raise TooManyDeaths(f"{deaths} items killed their worker") from outcome.error
            yield outcome


# endregion survive


# region together
def _together(
    pool: Executor, job: Callable[[T], R], source: Iterator[T], window: int
) -> Generator[Outcome[T, R], None, list[T]]:
    """Outcomes until the pool breaks; returns the items that it lost."""
    running, lost = dict[Future[R], T](), list[T]()
    with pool:
        try:
            while True:
                free = 0 if lost else window - len(running)
                for item in islice(source, free):
                    try:
                        running[pool.submit(job, item)] = item
                    except BrokenExecutor:  # since the last look
                        lost.append(item)
                        break
                if not running:
                    return lost
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for call in done:
                    item = running.pop(call)
                    if isinstance(call.exception(), BrokenExecutor):
                        lost.append(item)
                    else:
                        yield outcome_of(item, call)
        finally:
            for call in running:
                call.cancel()


def _alone(pool: Executor, job: Callable[[T], R], item: T) -> Outcome[T, R]:
    """The outcome of a suspect that can take nobody along."""
    with pool:
        try:
            return outcome_of(item, pool.submit(job, item))
        except BrokenExecutor as error:
            died = WorkerDied(f"{item!r} killed its worker")
            died.__cause__ = error
            return Failed(item, died)


# endregion together


# region program
def label(grams: int) -> str:
    """Print a label; above 30 kg the library for it crashes."""
    if grams > 30_000:
        os.kill(os.getpid(), signal.SIGKILL)
    if grams <= 0:
        raise ValueError(grams)
    return f"{grams} g"


def spawned(workers: int) -> ProcessPoolExecutor:
    """A pool that is made anew after each death."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context)


def main() -> None:
    """Print what became of each parcel."""
    parcels = [500, 2500, 99_000, -1, 900, 1200]
    outcomes = map_surviving(spawned, label, parcels, workers=2)
    for outcome in sorted(outcomes, key=lambda one: parcels.index(one.item)):
        match outcome:
            case Done(grams, text):
                print(grams, "->", text)
            case Failed(grams, error):
                print(grams, "->", repr(error))


# endregion program


if __name__ == "__main__":
    main()
