"""What each way to wait for several tasks does to results, errors and the tasks that are still running.

Run it from the root of the repository: ``python -m examples.best_practices.ways_to_wait``
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

Tasks: TypeAlias = Sequence[asyncio.Task[str]]
Way: TypeAlias = Callable[[Tasks], Awaitable[object]]


# region ways
async def task_group(tasks: Tasks) -> list[str]:
    async def child(task: asyncio.Task[str]) -> str:
        return await task  # a group takes coroutines only

    async with asyncio.TaskGroup() as group:
        children = [group.create_task(child(task)) for task in tasks]
    return [task.result() for task in children]


async def gather(tasks: Tasks) -> list[str]:
    return await asyncio.gather(*tasks)


async def gather_all(tasks: Tasks) -> list[str | BaseException]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def wait_first_error(tasks: Tasks) -> list[str]:
    first = asyncio.FIRST_EXCEPTION
    done, _ = await asyncio.wait(tasks, return_when=first)
    return [task.result() for task in tasks if task in done]


async def as_completed(tasks: Tasks) -> list[str]:
    return [await task for task in asyncio.as_completed(tasks)]


# endregion ways

WAYS: tuple[Way, ...] = (task_group, gather, gather_all, wait_first_error, as_completed)


async def ask(name: str, seconds: float, fails: bool) -> str:
    """Answer, or fail, after *seconds*."""
    await asyncio.sleep(seconds)
    if fails:
        raise ConnectionError(name)
    return name


# region measure
def errors_in(outcome: object) -> int:
    """How many errors the caller gets to see."""
    match outcome:
        case BaseExceptionGroup():
            return len(outcome.exceptions)
        case list():
            return sum(isinstance(x, BaseException) for x in outcome)
    return int(isinstance(outcome, BaseException))


async def measure(way: Way, *, fail: bool, cancel: bool) -> tuple[object, float, int]:
    """The outcome, when it came, and how many tasks run on.

    With *fail*, two carriers fail in the same second.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    tasks = [
        asyncio.create_task(ask(name, seconds, fails and fail))
        for name, seconds, fails in (
            ("slow", 30, False),
            ("swift", 1, True),
            ("steady", 1, True),
        )
    ]
    waiter: asyncio.Future[Any] = asyncio.ensure_future(way(tasks))
    if cancel:
        loop.call_later(0.5, waiter.cancel)
    await asyncio.wait([waiter])
    took = loop.time() - began
    outcome = None if waiter.cancelled() else waiter.exception() or waiter.result()
    running = sum(not task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return outcome, took, running


# endregion measure


# region main
async def main() -> None:
    """Print the proofs of the decision table, one line a way."""
    for way in WAYS:
        answers, _, _ = await measure(way, fail=False, cancel=False)
        failed, took, running = await measure(way, fail=True, cancel=False)
        _, _, left = await measure(way, fail=False, cancel=True)
        order = " ".join(answers) if isinstance(answers, list) else "?"
        print(f"{way.__name__:16} {order}")
        print(f"  two fail at 1 s: told at {took:.0f} s, {errors_in(failed)} error(s), {running} run on")
        print(f"  caller cancelled: {left} run on")


# endregion main

if __name__ == "__main__":
    asyncio.run(main())
