"""Run all, keep results and errors by item, decide at the end: for tasks and for pools."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Hashable, Iterable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


# region outcomes
@dataclass(frozen=True, slots=True)
class Outcomes(Generic[K, V]):
    """What became of each item, in the order of the items."""

    values: dict[K, V]
    errors: dict[K, Exception]

    def check(self, least: int | None = None) -> dict[K, V]:
        """The values, if there are *least* of them; all by default.

        Else raises the errors, each with a note of its items.
        """
        asked = len(self.values) + len(self.errors)
        if len(self.values) >= (asked if least is None else least):
            return self.values
        distinct: dict[int, tuple[Exception, list[K]]] = {}
        for item, error in self.errors.items():
            # A broken pool has one error for all items.
            _, items = distinct.setdefault(id(error), (error, []))
            items.append(item)
        for error, items in distinct.values():
            note = f"failed: {', '.join(map(repr, items))}"
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
        errors = [error for error, _ in distinct.values()]
        message = f"{len(self.errors)} of {asked} failed"
        raise ExceptionGroup(message, errors)


# endregion outcomes


# region collect
async def collect(
    job: Callable[[K], Awaitable[V]],
    items: Iterable[K],
) -> Outcomes[K, V]:
    """Run *job* for all items at once; no failure ends another.

    Items differ from each other, as keys of a dictionary do.

    When the caller is cancelled all are cancelled and awaited.
    """
    items = list(items)
    values: dict[K, V] = {}
    errors: dict[K, Exception] = {}

    async def one(item: K) -> None:
        try:
            values[item] = await job(item)
        except Exception as error:
            errors[item] = error
        except asyncio.CancelledError as inner:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise  # a request to us, and no outcome of the item
            errors[item] = RuntimeError("cancelled inside")
            errors[item].__cause__ = inner

    async with asyncio.TaskGroup() as group:
        for item in items:
            group.create_task(one(item))
    return _in_order(items, values, errors)


# endregion collect


# region pool
def collect_calls(
    pool: Executor,
    job: Callable[[K], V],
    items: Iterable[K],
) -> Outcomes[K, V]:
    """Run *job* for all items on *pool*.

    Ctrl-C cancels the calls that have not started.
    """
    items = list(items)
    calls: dict[K, Future[V]] = {}
    values: dict[K, V] = {}
    errors: dict[K, Exception] = {}
    try:
        for item in items:
            try:
                calls[item] = pool.submit(job, item)
            except BrokenExecutor as broken:  # by a call before
                errors[item] = broken
        for item, call in calls.items():
            try:
                values[item] = call.result()
            except Exception as error:
                errors[item] = error
    finally:
        for call in calls.values():
            call.cancel()
    return _in_order(items, values, errors)


# endregion pool


def _in_order(items: Iterable[K], values: dict[K, V], errors: dict[K, Exception]) -> Outcomes[K, V]:
    return Outcomes(
        {item: values[item] for item in items if item in values},
        {item: errors[item] for item in items if item in errors},
    )


# region main
def price(grams: int) -> int:
    if grams > 30_000:
        error = ValueError("too heavy for one parcel")
        error.add_note(f"{grams} g, of 30000 g at most")
        raise error
    return 420 * -(-grams // 1000)


def main() -> None:
    spawn = multiprocessing.get_context("spawn")
    for pool in ThreadPoolExecutor(2), ProcessPoolExecutor(2, spawn):
        with pool:
            outcomes = collect_calls(pool, price, [900, 40_000, 2500])
        print(outcomes.values, outcomes.errors)
        try:
            outcomes.check()
        except* ValueError as errors:
            (error,) = errors.exceptions
            print(errors.message, error.__notes__)
            print("cause:", type(error.__cause__).__name__)


if __name__ == "__main__":
    main()
# endregion main
