"""One call fails: what becomes of a sibling under way, and of those behind it, for each way to start many."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Coroutine
from concurrent.futures import FIRST_EXCEPTION, Executor, ProcessPoolExecutor, ThreadPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import Any

from examples.parallel_execution_patterns.pool_group import PoolGroup

# region calls
NAMES = ("swift", "slow", "steady", *["late"] * 6)
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Desk:
    """Where calls meet, those of threads and of processes alike."""

    slow_started: Event
    steady_started: Event
    release: Event
    late: Synchronized[int]  # calls that came last, and were run


desk: Desk  # of this process


def sit_down(at: Desk) -> None:
    global desk
    desk = at


def ask(name: str) -> None:
    match name:
        case "swift":
            desk.slow_started.wait(60)
            raise ConnectionError("swift: no route")
        case "slow":
            desk.slow_started.set()
            desk.release.wait(60)
        case "steady":  # takes the worker that swift has left
            desk.steady_started.set()
            desk.release.wait(60)
        case "late":
            with desk.late:
                desk.late.value += 1


# endregion calls


# region pools
def by_result(pool: Executor, at: Desk) -> None:
    calls = [pool.submit(ask, name) for name in NAMES]
    at.steady_started.wait(60)
    for call in calls:
        call.result()


def by_map(pool: Executor, at: Desk) -> None:
    answers = pool.map(ask, NAMES)
    at.steady_started.wait(60)
    list(answers)


def by_wait(pool: Executor, at: Desk) -> None:
    calls = [pool.submit(ask, name) for name in NAMES]
    at.steady_started.wait(60)
    wait(calls, return_when=FIRST_EXCEPTION)


def by_shutdown(pool: Executor, at: Desk) -> None:
    by_wait(pool, at)
    pool.shutdown(wait=False, cancel_futures=True)


def by_pool_group(pool: Executor, at: Desk) -> None:
    with PoolGroup(pool, stop=at.release.set) as group:
        for name in NAMES:
            group.submit(ask, name)
        at.steady_started.wait(60)


# endregion pools


# region tasks
async def ask_async(name: str, release: asyncio.Event, answered: list[str]) -> None:
    if name == "swift":
        await asyncio.sleep(0)  # the others start first
        raise ConnectionError("swift: no route")
    await release.wait()
    answered.append(name)


async def by_task_group(calls: list[Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for call in calls:
            group.create_task(call)


async def by_gather(calls: list[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*calls)


async def by_gather_exceptions(calls: list[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*calls, return_exceptions=True)


# endregion tasks


@dataclass(frozen=True)
class Fate:
    """What the shop saw, what became of *slow*, and how many of the late calls were run."""

    seen: str
    slow: str
    late: int


def pool_fate(way: Callable[[Executor, Desk], None], kind: str = "threads") -> Fate:
    at = Desk(SPAWN.Event(), SPAWN.Event(), SPAWN.Event(), SPAWN.Value("i", 0))
    pool: Executor
    if kind == "threads":
        pool = ThreadPoolExecutor(2, initializer=sit_down, initargs=(at,))
    else:
        pool = ProcessPoolExecutor(2, SPAWN, initializer=sit_down, initargs=(at,))
    seen = "nothing"
    with pool:
        try:
            way(pool, at)
        except Exception as error:
            seen = type(error).__name__
        slow = "told to stop" if at.release.is_set() else "runs on"
        at.release.set()
    return Fate(seen, slow, at.late.value)


async def task_fate(way: Callable[[list[Coroutine[Any, Any, None]]], Coroutine[Any, Any, None]]) -> Fate:
    release, answered = asyncio.Event(), list[str]()
    calls = [ask_async(name, release, answered) for name in NAMES]
    waiter = asyncio.create_task(way(calls))
    for _ in range(10):  # turns enough for swift to fail and for its siblings to end
        await asyncio.sleep(0)
    slow = "runs on"
    if len(asyncio.all_tasks()) == 1:
        slow = "cancelled"
    elif not waiter.done():
        slow = "is awaited"
    release.set()
    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()} or {waiter})
    error = waiter.exception()
    return Fate(type(error).__name__ if error else "nothing", slow, answered.count("late"))


# region main
def main() -> None:
    def show(name: str, fate: Fate) -> None:
        late = f"{fate.late} of 6 late"
        print(f"{name:31}{fate.seen:16}{fate.slow:13}{late}")

    show("TaskGroup", asyncio.run(task_fate(by_task_group)))
    show("gather", asyncio.run(task_fate(by_gather)))
    fate = asyncio.run(task_fate(by_gather_exceptions))
    show("gather, return_exceptions", fate)
    show("pool, result()", pool_fate(by_result))
    show("pool, map", pool_fate(by_map))
    show("pool, wait(FIRST_EXCEPTION)", pool_fate(by_wait))
    show("  and shutdown(cancel_futures)", pool_fate(by_shutdown))
    show("pool, PoolGroup", pool_fate(by_pool_group))
    fate = pool_fate(by_map, "processes")
    print("processes, map: at most 3 late:", fate.late <= 3)


if __name__ == "__main__":
    main()
# endregion main
