"""Collect items of many callers into few calls, and give each caller its own answer."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
Pair = tuple[K, asyncio.Future[V]]


class BatcherClosed(Exception):
    """The batcher ended before this item was answered."""


# region batcher
class Batcher(Generic[K, V]):
    """Calls *load* with *size* items, or after *delay* seconds.

    *load* answers in the order of its items.  At most *waiting*
    items are unanswered; further callers wait.  With *split*, a
    batch that fails is halved until the bad items stand alone.
    """

    def __init__(
        self,
        load: Callable[[Sequence[K]], Awaitable[Sequence[V]]],
        size: int,
        delay: float,
        *,
        waiting: int = 1000,
        split: bool = False,
    ) -> None:
        self._load = load
        self._size = size
        self._delay = delay
        self._split = split
        self._places = asyncio.Semaphore(waiting)
        self._items: list[Pair[K, V]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._calls = asyncio.TaskGroup()
        self._closed = True

    async def get(self, item: K) -> V:
        """The answer for *item*."""
        async with self._places:
            if self._closed:
                raise BatcherClosed
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[V] = loop.create_future()
            self._items.append((item, answer))
            if len(self._items) >= self._size:
                self._send()
            elif self._timer is None:
                timer = loop.call_later(self._delay, self._send)
                self._timer = timer
            return await answer

    # endregion batcher

    # region send
    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._items = self._items, []
        # Not the context of the caller that came first or last.
        context = self._context.copy()
        call = self._calls.create_task(
            self._call(batch),
            context=context,
        )
        # Whatever ends the call: nobody is left waiting.
        closed = BatcherClosed()
        call.add_done_callback(lambda _: self._fail(batch, closed))

    async def _call(self, batch: list[Pair[K, V]]) -> None:
        # An answer that is done is that of a cancelled caller.
        batch = [pair for pair in batch if not pair[1].done()]
        if not batch:
            return
        try:
            values = await self._load([item for item, _ in batch])
            answers = [answer for _, answer in batch]
            pairs = list(zip(answers, values, strict=True))
        except Exception as error:
            if self._split and len(batch) > 1:
                half = len(batch) // 2
                await self._call(batch[:half])
                await self._call(batch[half:])
            else:
                self._fail(batch, error)
        else:
            for answer, value in pairs:
                if not answer.done():
                    answer.set_result(value)

    # endregion send

    @staticmethod
    def _fail(batch: list[Pair[K, V]], error: Exception) -> None:
        for _, answer in batch:
            if not answer.done():
                answer.set_exception(error)

    async def __aenter__(self) -> Batcher[K, V]:
        self._context = contextvars.copy_context()
        await self._calls.__aenter__()
        self._closed = False
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Send what is collected and await the answers; after an error, end the calls."""
        self._closed = True
        if error is None and self._items:
            self._send()
        elif self._timer is not None:
            self._timer.cancel()
        try:
            await self._calls.__aexit__(kind, error, traceback)
        finally:
            self._fail(self._items, BatcherClosed())


# region rates
class Rates:
    """A carrier with a bulk endpoint; it counts its calls."""

    def __init__(self, delay: float = 0.5) -> None:
        self.delay = delay
        self.calls: list[list[str]] = []

    async def load(self, zones: Sequence[str]) -> list[int]:
        self.calls.append(list(zones))
        await asyncio.sleep(self.delay)
        if "nowhere" in zones:
            raise LookupError("no zone 'nowhere'")
        return [100 * len(zone) for zone in zones]


# endregion rates
