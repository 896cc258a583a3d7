"""Blocking calls of one kind in a pool of their own, with a place that is held until the thread has really ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


# region offload
class Offload:
    """Runs blocking calls in *pool*, *limit* of them at most.

    A caller that gives up leaves its thread behind; the place is
    free again when that thread has ended, and not before.  Make it
    in the loop that uses it, and the pool outside of that loop.
    """

    def __init__(self, pool: Executor, limit: int) -> None:
        self._pool = pool
        self._places = asyncio.Semaphore(limit)
        self._loop = asyncio.get_running_loop()

    async def __call__(
        self,
        call: Callable[P, T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What ``call(...)`` returns or raises."""
        await self._places.acquire()
        try:
            job = self._pool.submit(call, *args, **kwargs)
        except BaseException:
            self._places.release()
            raise
        job.add_done_callback(self._ended)
        return await asyncio.wrap_future(job)

    def _ended(self, job: Future[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._places.release)


# endregion offload
