"""Broken on purpose: turn the small loop from inside one of its own callbacks, as patches of asyncio do."""

from __future__ import annotations

import contextlib
from typing import TypeVar

from examples.foundations import small_loop
from examples.foundations.small_loop import Coro

T = TypeVar("T")


# region reentrant
class Reentrant(small_loop.Loop):
    def run_once(self) -> None:
        with contextlib.suppress(IndexError):
            super().run_once()  # an inner turn emptied the queue


def run_inside(coro: Coro[T]) -> T:
    """Broken: run *coro* from sync code below a coroutine."""
    task = small_loop.create_task(coro)
    while not task.is_done:
        small_loop.running.run_once()
    return task.result()


# endregion reentrant
