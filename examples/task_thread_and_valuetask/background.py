"""Fire and forget, done right: background tasks are kept, named, reported when they fail, and ended at the exit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


# region background
class Background:
    """Tasks that nobody awaits: kept, and never silent."""

    def __init__(
        self,
        report: Callable[[str, BaseException | None], object],
    ) -> None:
        """Call *report* for each task that fails or is cancelled."""
        self.tasks: set[asyncio.Task[Any]] = set()
        self._report = report
        self._closed = False

    def start(
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str,
    ) -> asyncio.Task[T]:
        """Run *coro*; awaiting the task is up to you."""
        if self._closed:
            coro.close()
            raise RuntimeError(f"{name}: background is closed")
        task = asyncio.create_task(coro, name=name)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        name = task.get_name()
        if task.cancelled():
            self._report(f"{name} was cancelled", None)
        elif (error := task.exception()) is not None:
            self._report(f"{name} failed: {error!r}", error)

    async def close(self, grace: float) -> None:
        """Wait *grace* seconds, then cancel and await the rest."""
        self._closed = True
        try:
            if self.tasks:
                await asyncio.wait(self.tasks, timeout=grace)
        finally:  # also when close() itself is cancelled
            for task in self.tasks:
                task.cancel()
            if self.tasks:
                await asyncio.wait(self.tasks)


# endregion background
