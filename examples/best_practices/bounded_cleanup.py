"""Cleanup that a second cancellation does not cut short, and that has a limit of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)
late: set[asyncio.Task[Any]] = set()


# region cleanup
async def clean_up(
    what: str,
    coro: Coroutine[Any, Any, object],
    limit: float,
) -> None:
    """Await *coro* in a ``finally``, *limit* seconds at most.

    Further cancellations wait until it has ended.  Its failure is
    logged and not raised, so that the error which led here goes on;
    so is its end by ``asyncio.run()``, which cancels every task.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + limit
    task = asyncio.create_task(coro, name=what)
    cancelled: asyncio.CancelledError | None = None
    while not task.done() and (left := until - loop.time()) > 0:
        try:
            await asyncio.wait({task}, timeout=left)
        except asyncio.CancelledError as error:
            cancelled = error
    if task.done():
        _ended(task)
    else:
        log.error("%s: not done in %s s, cancelled", what, limit)
        task.cancel()
        late.add(task)  # it is cancelled, and still has to end
        task.add_done_callback(_ended)
    if cancelled is not None:
        raise cancelled


def _ended(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("%s: failed", task.get_name(), exc_info=error)
    elif task.cancelled() and task not in late:
        log.error("%s: cut short", task.get_name())
    late.discard(task)


# endregion cleanup
