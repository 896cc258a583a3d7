"""The one owner of work that outlives its caller: bounded, never silent, and ended within a known time."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from types import TracebackType
from typing import Any

log = logging.getLogger(__name__)


# region background
class Full(Exception):
    """Refused: as many tasks run as are allowed."""


class Background:
    """Owns at most *limit* tasks, and awaits them at its end.

    Leaving the block waits *grace* seconds for them, cancels the
    rest, ``cut_off`` in number, and gives that *cleanup* seconds;
    ``left`` is what even then did not end.
    """

    def __init__(
        self,
        limit: int,
        *,
        grace: float = 20.0,
        cleanup: float = 1.0,
    ) -> None:
        self.limit, self.grace, self.cleanup = limit, grace, cleanup
        self.running: set[asyncio.Task[Any]] = set()
        self.left: set[asyncio.Task[Any]] = set()
        self.counts: Counter[str] = Counter()
        self.cut_off = 0
        self._closed = False

    def start(self, name: str, coro: Coroutine[Any, Any, object]) -> None:
        """Run *coro*; :exc:`Full` at the limit and once closed."""
        if self._closed or len(self.running) >= self.limit:
            coro.close()  # or it "was never awaited"
            self.counts["refused"] += 1
            raise Full(f"{name}: {len(self.running)} tasks run")
        task = asyncio.create_task(coro, name=name)
        self.running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.running.discard(task)
        if task.cancelled():
            self.counts["cancelled"] += 1
            log.warning("%s: cancelled", task.get_name())
        elif error := task.exception():
            self.counts["failed"] += 1
            log.error("%s: failed", task.get_name(), exc_info=error)
        else:
            self.counts["done"] += 1

    async def __aenter__(self) -> Background:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._closed = True
        try:
            if self.running:
                await asyncio.wait(self.running, timeout=self.grace)
        finally:  # also when this wait is cancelled
            rest = {task for task in self.running if not task.done()}
            self.cut_off = len(rest)
            for task in rest:
                task.cancel()
            try:
                if rest:
                    await asyncio.wait(rest, timeout=self.cleanup)
            finally:  # a second cancellation leaves none unnamed
                self.left = {t for t in rest if not t.done()}
                for task in self.left:
                    log.error("%s: does not end", task.get_name())


# endregion background
