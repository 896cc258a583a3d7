"""The first good answer of several calls; the others are cancelled and awaited."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")


# region first
async def first_success(
    asks: Iterable[Callable[[], Coroutine[Any, Any, T]]],
    *,
    stagger: float | None = 0.0,
    discard: Callable[[T], object] = lambda late: None,
) -> T:
    """The first result; raises a group if all fail.

    The next of *asks* starts *stagger* seconds after the one before,
    or when one fails; with None, only then.  A result that nobody
    gets, because it came second or the caller was cancelled, goes to
    *discard*.
    """
    todo = list(reversed(list(asks)))
    if not todo:
        raise ValueError("nobody to ask")
    tasks: list[asyncio.Task[T]] = []
    waiting: list[asyncio.Task[T]] = []
    errors: list[BaseException] = []
    winner: asyncio.Task[T] | None = None
    try:
        while todo or waiting:
            if todo:
                tasks.append(asyncio.create_task(todo.pop()()))
                waiting.append(tasks[-1])
            done, _ = await asyncio.wait(
                waiting,
                timeout=stagger if todo else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in [task for task in waiting if task in done]:
                waiting.remove(task)
                if task.cancelled():  # by somebody else
                    errors.append(RuntimeError("cancelled inside"))
                elif error := task.exception():
                    errors.append(error)
                else:
                    winner = task
                    return task.result()
        raise BaseExceptionGroup("nobody answered", errors)
    finally:
        await _end(tasks, winner, discard)


async def _end(
    tasks: Sequence[asyncio.Task[T]],
    winner: asyncio.Task[T] | None,
    discard: Callable[[T], object],
) -> None:
    losers = [task for task in tasks if not task.done()]
    for task in losers:
        task.cancel()
    try:
        await asyncio.gather(*losers, return_exceptions=True)
    except asyncio.CancelledError:
        winner = None  # the caller has no use for it any more
        raise
    finally:
        for task in tasks:
            if task is winner or not task.done() or task.cancelled():
                continue
            if (error := task.exception()) is None:
                discard(task.result())
            elif task in losers:
                log.warning("a loser failed to end", exc_info=error)


# endregion first
