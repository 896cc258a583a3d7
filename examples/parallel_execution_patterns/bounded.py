"""Bounded concurrency in asyncio, three ways: a semaphore, a pool of workers, a sliding window."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
R = TypeVar("R")

# region source
Source: TypeAlias = Iterable[T] | AsyncIterable[T]


async def pulled(items: Source[T]) -> AsyncGenerator[T, None]:
    """*items* one by one, whether they wait or not.

    An async generator among *items* is closed with this one.
    """
    if not isinstance(items, AsyncIterable):
        for item in items:
            yield item
        return
    try:
        async for item in items:
            yield item
    finally:
        if (close := getattr(items, "aclose", None)) is not None:
            await close()


async def result_of(work: Awaitable[R]) -> R:
    """What *work* returns; an error if *work* alone is cancelled.

    A task group takes no notice of a task that ends cancelled: the
    worker would be gone, with its item, and nobody would know.
    """
    try:
        return await work
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # the worker itself is to end
        raise RuntimeError("cancelled by somebody else") from error


# endregion source


# region semaphore
async def gather_limited(
    work: Callable[[T], Awaitable[R]],
    items: Source[T],
    *,
    limit: int,
) -> list[R]:
    """The results in order; every task exists, *limit* work."""
    if limit < 1:
        raise ValueError("a limit below 1 handles nothing")
    places = asyncio.Semaphore(limit)

    async def one(item: T) -> R:
        async with places:
            return await result_of(work(item))

    tasks: list[asyncio.Task[R]] = []
    async with (
        asyncio.TaskGroup() as group,
        aclosing(pulled(items)) as source,
    ):
        async for item in source:
            tasks.append(group.create_task(one(item)))
    return [task.result() for task in tasks]


# endregion semaphore


# region workers
async def for_each(
    work: Callable[[T], Awaitable[object]],
    items: Source[T],
    *,
    limit: int,
) -> None:
    """Await ``work(item)`` for all *items*, in *limit* tasks."""
    if limit < 1:
        raise ValueError("a limit below 1 handles nothing")
    taking = asyncio.Lock()  # a generator has one user at a time

    async def worker(source: AsyncIterator[T]) -> None:
        while True:
            async with taking:
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    return
            await result_of(work(item))

    async with (
        aclosing(pulled(items)) as source,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(limit):
            group.create_task(worker(source))


# endregion workers


# region window
async def map_limited(
    work: Callable[[T], Awaitable[R]],
    items: Source[T],
    *,
    limit: int,
    ordered: bool = True,
) -> AsyncGenerator[R, None]:
    """Results as a stream: iterate it inside ``aclosing()``.

    At most *limit* items are pulled and not yet yielded, so a slow
    reader stops the pulling.  A result that is not *ordered* comes
    as soon as it is there.  The first failure is raised where its
    result would have come.  Whatever runs when the stream ends or is
    closed is cancelled and awaited.
    """
    if limit < 1:
        raise ValueError("a limit below 1 handles nothing")
    places = asyncio.Semaphore(limit)
    coming: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()
    running: set[asyncio.Task[Any]] = set()

    async def one(item: T) -> R:
        return await result_of(work(item))

    async def feed() -> None:
        async with aclosing(pulled(items)) as source:
            while True:
                await places.acquire()  # first a place, then an item
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    return
                task = asyncio.create_task(one(item))
                running.add(task)
                if ordered:
                    coming.put_nowait(task)
                else:
                    task.add_done_callback(coming.put_nowait)

    feeder = asyncio.create_task(feed())
    running.add(feeder)
    feeder.add_done_callback(coming.put_nowait)
    try:
        while running:
            task = await coming.get()
            await asyncio.wait({task})
            result = task.result()
            running.discard(task)
            if task is not feeder:
                places.release()
                yield result
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


# endregion window
