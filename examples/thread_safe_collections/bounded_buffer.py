"""A buffer with a limit of its own kind, such as grams, for threads and for tasks: what a Condition is for."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


# region threads
class BoundedBuffer(Generic[T]):
    """Holds items up to *limit*, each counted by *weigh*."""

    def __init__(
        self,
        limit: int,
        weigh: Callable[[T], int],
    ) -> None:
        self._limit, self._weigh = limit, weigh
        self._items: deque[T] = deque()
        self._free = limit
        lock = threading.Lock()  # one lock, a condition for each
        self._filled = threading.Condition(lock)
        self._emptied = threading.Condition(lock)

    def put(self, item: T, timeout: float | None = None) -> None:
        """Wait until *item* fits, for *timeout* seconds at most."""
        weight = self._weigh(item)
        if weight > self._limit:
            raise ValueError(f"{weight} will never fit")
        with self._emptied:
            if not self._emptied.wait_for(
                lambda: weight <= self._free,
                timeout,
            ):
                raise TimeoutError("full")
            self._items.append(item)
            self._free -= weight
            self._filled.notify()  # any get will do

    def get(self, timeout: float | None = None) -> T:
        """Wait for an item, for *timeout* seconds at most."""
        with self._filled:
            if not self._filled.wait_for(self._any, timeout):
                raise TimeoutError("empty")
            item = self._items.popleft()
            self._free += self._weigh(item)
            self._emptied.notify_all()  # not every put fits
            return item

    def _any(self) -> bool:
        return bool(self._items)


# endregion threads


# region tasks
class AsyncBoundedBuffer(Generic[T]):
    """The same for the tasks of one loop."""

    def __init__(
        self,
        limit: int,
        weigh: Callable[[T], int],
    ) -> None:
        self._limit, self._weigh = limit, weigh
        self._items: deque[T] = deque()
        self._free = limit
        lock = asyncio.Lock()
        self._filled = asyncio.Condition(lock)
        self._emptied = asyncio.Condition(lock)

    async def put(self, item: T) -> None:
        """Wait until *item* fits."""
        weight = self._weigh(item)
        if weight > self._limit:
            raise ValueError(f"{weight} will never fit")
        async with self._emptied:
            while weight > self._free:
                await self._emptied.wait()
            self._items.append(item)
            self._free -= weight
            self._filled.notify()

    async def get(self) -> T:
        """Wait for an item."""
        async with self._filled:
            try:
                await self._filled.wait_for(self._any)
            except asyncio.CancelledError:
                self._filled.notify()  # pass it on: 3.11, 3.12
                raise
            item = self._items.popleft()
            self._free += self._weigh(item)
            self._emptied.notify_all()
            return item

    def _any(self) -> bool:
        return bool(self._items)


# endregion tasks


# region main
def main() -> None:
    """Six parcels through a van that takes 5 kg at a time."""
    van = BoundedBuffer[int](5000, weigh=lambda grams: grams)
    parcels = [4000, 900, 3000, 1500, 5000, 100]

    def load() -> None:
        for grams in parcels:
            van.put(grams, timeout=60)

    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load)
        print([van.get(timeout=60) for _ in parcels] == parcels)
        loading.result()
    van.put(4000)
    try:
        van.put(1500, timeout=0.05)
    except TimeoutError as error:
        print(error)
    try:
        van.put(5001)
    except ValueError as error:
        print(error)


# endregion main

if __name__ == "__main__":
    main()
