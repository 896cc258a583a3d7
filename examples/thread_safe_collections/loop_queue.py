"""A bounded queue from threads into an event loop: threads put and may wait, tasks get and never block the loop."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Closed(Exception):
    """The queue is closed, and no item will come or be taken."""


# region threads
class LoopQueue(Generic[T]):
    """Made in a coroutine; its items go to tasks of that loop."""

    def __init__(self, maxsize: int) -> None:
        if maxsize < 1:
            raise ValueError("maxsize must be at least 1")
        self._maxsize = maxsize
        self._loop = asyncio.get_running_loop()
        self._items: collections.deque[T] = collections.deque()
        self._room = threading.Condition()  # guards all of this
        self._closed = False
        self._ready = asyncio.Semaphore(0)  # items not yet promised

    def put(self, item: T, timeout: float | None = None) -> None:
        """Wait for room; raises Full or Closed: not queued."""
        if timeout != 0 and self._in_loop():
            raise RuntimeError("would wait for its own loop")
        with self._room:
            if not self._room.wait_for(self._may_put, timeout):
                raise queue.Full
            if self._closed:
                raise Closed
            self._loop.call_soon_threadsafe(self._ready.release)
            self._items.append(item)

    def close(self) -> None:
        """From any thread: no more puts; gets until it is empty."""
        with self._room:
            if self._closed:
                return
            self._closed = True
            self._room.notify_all()  # every put that waits
            with contextlib.suppress(RuntimeError):  # loop closed
                self._loop.call_soon_threadsafe(self._ready.release)

    def _may_put(self) -> bool:
        return self._closed or len(self._items) < self._maxsize

    def _in_loop(self) -> bool:
        with contextlib.suppress(RuntimeError):
            return asyncio.get_running_loop() is self._loop
        return False

    # endregion threads

    # region tasks
    async def get(self) -> T:
        """The next item; ``Closed`` when none will come."""
        await self._ready.acquire()
        with self._room:
            if self._items:
                self._room.notify()  # one put
                return self._items.popleft()
        self._ready.release()  # the next get is to see it too
        raise Closed

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        try:
            return await self.get()
        except Closed:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()  # threads that wait in put() get Closed
        with self._room:
            self._items.clear()

    # endregion tasks


# region main
def carrier(quotes: LoopQueue[int], cents: int) -> None:
    """A thread: it waits where the loop is slower."""
    with contextlib.suppress(Closed):  # the loop wants no more
        for kilograms in range(1, 4):
            quotes.put(cents * kilograms)


def both_carriers(quotes: LoopQueue[int]) -> None:
    """Two threads, and the end when both have ended."""
    try:
        with ThreadPoolExecutor(2) as pool:
            runs = [pool.submit(carrier, quotes, c) for c in (990, 840)]
        for run in runs:
            run.result()  # raises what a carrier raised
    finally:
        quotes.close()


async def main() -> None:
    """The loop takes quotes as they come."""
    async with (
        asyncio.TaskGroup() as group,
        LoopQueue[int](maxsize=2) as quotes,  # left first
    ):
        group.create_task(asyncio.to_thread(both_carriers, quotes))
        got = [cents async for cents in quotes]
    print(sorted(got))


# endregion main

if __name__ == "__main__":
    asyncio.run(main())
