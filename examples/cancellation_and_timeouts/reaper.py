"""Stop waiting at the limit, and keep each call that was given up until it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


# region reaper
class Reaper:
    """Keeps tasks that nobody waits for, until they have ended."""

    def __init__(self, report: Callable[[str], object]) -> None:
        """Call *report* with one line for each task that ends."""
        self.tasks: set[asyncio.Task[Any]] = set()
        self._report = report

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Cancel *task*, and keep it until it has ended."""
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        task.cancel()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if task.cancelled():
            outcome = "cancelled"
        elif (error := task.exception()) is not None:
            outcome = f"failed: {error!r}"
        else:
            outcome = f"returned {task.result()!r}"
        self._report(f"{task.get_name()}: {outcome}")

    async def close(self, grace: float) -> set[asyncio.Task[Any]]:
        """Wait *grace* seconds at most; return what still runs."""
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=grace)
        return set(self.tasks)


async def bounded(
    coro: Coroutine[Any, Any, T],
    seconds: float,
    reaper: Reaper,
    name: str,
) -> T:
    """Await *coro* for *seconds*, then leave it to *reaper*.

    It goes to *reaper* too when the caller is cancelled.
    """
    task = asyncio.create_task(coro, name=name)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
        raise TimeoutError(f"{name}: no answer in {seconds} s")
    finally:
        if not task.done():
            reaper.adopt(task)


# endregion reaper
