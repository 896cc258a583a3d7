"""Iterators that several threads or tasks may share; for threads, 3.15 has some of them in `threading`."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


# region serialized
class SerializedIterator(Iterator[T]):
    """Threads take turns; each item goes to one of them."""

    def __init__(
        self,
        iterable: Iterable[T],
        lock: threading.Lock | None = None,
    ) -> None:
        self._iterator = iter(iterable)
        self._lock = lock or threading.Lock()

    def __next__(self) -> T:
        with self._lock:
            return next(self._iterator)


# endregion serialized


# region tee
def shared_tee(
    iterable: Iterable[T],
    n: int = 2,
) -> tuple[Iterator[T], ...]:
    """*n* iterators for *n* threads; each gets every item."""
    lock = threading.Lock()
    branches = itertools.tee(iterable, n)
    return tuple(SerializedIterator(b, lock) for b in branches)


# endregion tee


# region fails-for-all
class FailsForAll(Iterator[T]):
    """After a failure each further `next()` fails, too.

    Not locked: put a `SerializedIterator` around it.
    """

    def __init__(self, iterable: Iterable[T]) -> None:
        self._iterator = iter(iterable)
        self._failure: BaseException | None = None

    def __next__(self) -> T:
        if self._failure is not None:
            failed = RuntimeError("the source failed")
            raise failed from self._failure
        try:
            return next(self._iterator)
        except StopIteration:
            raise
        except BaseException as error:
            self._failure = error
            raise


# endregion fails-for-all


# region for-tasks
class ForTasks(AsyncIterator[T]):
    """Tasks take turns at one async generator.

    A consumer that is cancelled leaves its item to the next one.
    Close it with `contextlib.aclosing`; that is the end for all.
    """

    def __init__(self, items: AsyncGenerator[T, None]) -> None:
        self._items = items
        self._turn = asyncio.Lock()
        self._step: asyncio.Task[T] | None = None
        self._closed = False

    async def __anext__(self) -> T:
        async with self._turn:
            if self._closed:
                raise StopAsyncIteration
            if self._step is None:
                self._step = asyncio.create_task(self._next())
            await asyncio.wait([self._step])  # never cancels it
            if self._closed:
                raise StopAsyncIteration
            item = self._step.result()  # a failure stays, for all
            self._step = None
            return item

    async def _next(self) -> T:
        return await anext(self._items)

    async def aclose(self) -> None:
        """End the generator, also in the middle of a step."""
        self._closed = True
        if self._step is not None:
            self._step.cancel()
            await asyncio.wait([self._step])
        await self._items.aclose()


# endregion for-tasks
