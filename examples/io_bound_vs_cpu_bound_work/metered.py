"""Bill a coroutine for the processor time of its own steps, and not for what its neighbours compute meanwhile."""

from __future__ import annotations

import time
import types
from collections.abc import Coroutine, Generator, MutableMapping
from typing import Any, TypeVar

Result = TypeVar("Result")
Bill = MutableMapping[str, float]  # seconds by name


# region metered
@types.coroutine
def _steps(
    coro: Coroutine[Any, Any, Result],
    bill: Bill,
    name: str,
) -> Generator[Any, Any, Result]:
    error: Any = None  # to raise in it, instead of going on
    while True:
        start = time.thread_time()
        try:
            go = coro.send if error is None else coro.throw
            wait = go(error)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            bill[name] += time.thread_time() - start
        try:
            error = None
            yield wait  # the clock stands still
        except BaseException as raised:  # a cancellation, as a rule
            error = raised


async def metered(
    coro: Coroutine[Any, Any, Result],
    bill: Bill,
    name: str,
) -> Result:
    """Await *coro*; add its processor time to *bill*."""
    return await _steps(coro, bill, name)


# endregion metered
