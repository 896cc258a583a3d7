"""Several producers, several consumers: items that always fail are set aside, and anything else ends all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from examples.parallel_execution_patterns.bounded import Source, pulled, result_of

T = TypeVar("T")


# region letters
@dataclass(frozen=True, slots=True)
class DeadLetter(Generic[T]):
    """An *item* that was given up, and its last *error*."""

    item: T
    attempts: int
    error: Exception


class Temporary(Exception):
    """The item is worth another attempt."""


# endregion letters


class _End(Enum):
    END = "no more items"


# region deliver
async def deliver(
    sources: Iterable[Source[T]],
    handle: Callable[[T], Awaitable[object]],
    *,
    consumers: int,
    maxsize: int,
    attempts: int = 3,
    pause: float = 1.0,
    fatal: type[Exception] | tuple[type[Exception], ...] = (),
) -> list[DeadLetter[T]]:
    """Await ``handle(item)`` for each item of all *sources*.

    An item that raises :class:`Temporary` has up to *attempts*, with
    *pause* seconds before the second, twice that before the third.
    An item that raises any other exception, or :class:`Temporary`
    once too often, becomes a dead letter.  A *fatal* error, or one of
    a source, ends everything.
    """
    if consumers < 1:
        raise ValueError("without consumers, producers wait for ever")
    queue: asyncio.Queue[T | _End] = asyncio.Queue(maxsize)
    dead: list[DeadLetter[T]] = []

    async def produce(source: Source[T]) -> None:
        async with aclosing(pulled(source)) as items:
            async for item in items:
                await queue.put(item)  # waits while the queue is full

    async def failure(item: T) -> Exception | None:
        try:
            await result_of(handle(item))
        except fatal:
            raise
        except Exception as error:
            return error
        return None

    async def consume() -> None:
        while not isinstance(item := await queue.get(), _End):
            attempt = 1
            while (error := await failure(item)) is not None:
                temporary = isinstance(error, Temporary)
                if not temporary or attempt >= attempts:
                    dead.append(DeadLetter(item, attempt, error))
                    break
                await asyncio.sleep(pause * 2 ** (attempt - 1))
                attempt += 1

    async with asyncio.TaskGroup() as everybody:
        for _ in range(consumers):
            everybody.create_task(consume())
        async with asyncio.TaskGroup() as producers:
            for source in sources:
                producers.create_task(produce(source))
        for _ in range(consumers):
            await queue.put(_End.END)
    return dead


# endregion deliver
