"""A pipeline of stages with bounded queues in between, in one task group: a slow stage holds back those before it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar

from examples.parallel_execution_patterns.bounded import Source, pulled, result_of

T = TypeVar("T")
R = TypeVar("R")


# region stage
class _End(Enum):
    END = "no more items"


_Queue: TypeAlias = "asyncio.Queue[Any]"


@dataclass(frozen=True, slots=True)
class _Stage:
    work: Callable[[Any], Awaitable[Any]]
    workers: int
    ordered: bool

    async def run(self, inbox: _Queue, outbox: _Queue) -> None:
        """From *inbox* to *outbox*; its end mark comes last."""
        begun = sent = 0
        turn = asyncio.Condition()

        async def worker() -> None:
            nonlocal begun, sent
            while (item := await inbox.get()) is not _End.END:
                number, begun = begun, begun + 1
                result = await result_of(self.work(item))
                if not self.ordered:
                    await outbox.put(result)
                    continue
                async with turn:  # an early result waits its turn
                    while sent != number:
                        await turn.wait()
                    await outbox.put(result)
                    sent += 1
                    turn.notify_all()
            inbox.put_nowait(_End.END)  # for the next worker

        async with asyncio.TaskGroup() as workers:
            for _ in range(self.workers):
                workers.create_task(worker())
        await outbox.put(_End.END)


# endregion stage


# region pipeline
class Pipeline(Generic[T]):
    """The items of a source, and what stages make of them."""

    def __init__(self, source: Source[T], *, buffer: int = 1) -> None:
        """Between two stages, *buffer* items wait at most."""
        if buffer < 1:
            raise ValueError("a queue without bound holds back nobody")
        self._source: Source[Any] = source
        self._buffer = buffer
        self._stages: tuple[_Stage, ...] = ()

    def then(
        self,
        work: Callable[[T], Awaitable[R]],
        *,
        workers: int = 1,
        ordered: bool = False,
    ) -> Pipeline[R]:
        """This pipeline with a stage more, of so many *workers*."""
        if workers < 1:
            raise ValueError("a stage without workers passes nothing")
        stage = _Stage(work, workers, ordered)
        longer: Pipeline[R] = Pipeline(
            self._source,
            buffer=self._buffer,
        )
        longer._stages = (*self._stages, stage)
        return longer

    async def run(self, sink: Callable[[T], Awaitable[object]]) -> None:
        """Await ``sink(result)`` one by one; an error ends it all."""
        queues: list[_Queue] = [asyncio.Queue(self._buffer)]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._feed(queues[0]))
            for stage in self._stages:
                queues.append(asyncio.Queue(self._buffer))
                group.create_task(stage.run(*queues[-2:]))
            while (result := await queues[-1].get()) is not _End.END:
                await sink(result)

    async def _feed(self, outbox: _Queue) -> None:
        async with aclosing(pulled(self._source)) as source:
            async for item in source:
                await outbox.put(item)
        await outbox.put(_End.END)


# endregion pipeline
