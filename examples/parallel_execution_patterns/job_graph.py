"""Run jobs that need each other's results: each as soon as what it needs is done, a bounded number at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


# region progress
class Progress(Generic[K, V]):
    """What is done, failed, skipped; it waits for nothing.

    *needs*: for each job, the jobs whose results it takes.
    *done*: results of an earlier run, not to be made again.
    """

    def __init__(
        self,
        needs: Mapping[K, Collection[K]],
        done: Mapping[K, V] | None = None,
    ) -> None:
        self.done: dict[K, V] = dict(done or {})
        self.failed: dict[K, BaseException] = {}
        self.skipped: dict[K, K] = {}  # job: the failure behind it
        self._needs = needs
        self._order = TopologicalSorter(needs)
        self._order.prepare()  # raises CycleError

    def ready(self) -> Iterator[K]:
        """Each job that may start now, once."""
        while jobs := self._order.get_ready():
            for job in jobs:
                needs = self._needs.get(job, ())
                lost = [k for k in needs if k not in self.done]
                if job in self.done:
                    self._order.done(job)
                elif lost:
                    cause = self.skipped.get(lost[0], lost[0])
                    self.skipped[job] = cause
                    self._order.done(job)
                else:
                    yield job

    def inputs(self, job: K) -> dict[K, V]:
        """The results that *job* takes."""
        needs = self._needs.get(job, ())
        return {need: self.done[need] for need in needs}

    def succeed(self, job: K, value: V) -> None:
        self.done[job] = value
        self._order.done(job)

    def fail(self, job: K, error: BaseException) -> None:
        self.failed[job] = error
        self._order.done(job)


# endregion progress


# region asyncio
async def run_graph(
    progress: Progress[K, V],
    work: Callable[[K, dict[K, V]], Awaitable[V]],
    workers: int,
) -> None:
    """Await ``work(job, inputs)`` for each job, *workers* at once.

    A job that raises takes with it only those that need it.
    """

    async def run(job: K) -> None:
        try:
            value = await work(job, progress.inputs(job))
        except Exception as error:
            progress.fail(job, error)
        except asyncio.CancelledError as error:
            progress.fail(job, error)
            raise
        else:
            progress.succeed(job, value)

    waiting = deque(progress.ready())
    running: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as group:
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.popleft()
                running.add(group.create_task(run(job)))
            _, running = await asyncio.wait(
                running,
                return_when=asyncio.FIRST_COMPLETED,
            )
            waiting.extend(progress.ready())


# endregion asyncio


# region pool
def run_graph_in_pool(
    progress: Progress[K, V],
    work: Callable[[K, dict[K, V]], V],
    pool: Executor,
) -> None:
    """The same in a pool; its size is the bound."""
    running: dict[Future[V], K] = {}
    try:
        while True:
            for job in progress.ready():
                inputs = progress.inputs(job)
                try:
                    call = pool.submit(work, job, inputs)
                except BrokenExecutor as broken:
                    progress.fail(job, broken)
                else:
                    running[call] = job
            if not running:
                return
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for call in ended:
                job = running.pop(call)
                if error := call.exception():
                    progress.fail(job, error)
                else:
                    progress.succeed(job, call.result())
    finally:
        for call in running:
            call.cancel()


# endregion pool


# region critical-path
def critical_path(
    needs: Mapping[K, Collection[K]],
    seconds: Mapping[K, float],
) -> tuple[float, list[K]]:
    """The longest chain of jobs: no number of workers beats it."""

    def longest(chains: Iterable[tuple[float, list[K]]]) -> tuple[float, list[K]]:
        return max(chains, key=lambda chain: chain[0], default=(0, []))

    to: dict[K, tuple[float, list[K]]] = {}
    for job in TopologicalSorter(needs).static_order():
        before, chain = longest(to[need] for need in needs.get(job, ()))
        to[job] = (before + seconds[job], [*chain, job])
    return longest(to.values())


# endregion critical-path


# region booking
BOOKING = {
    "rates": ("address", "weight"),
    "customs": ("address",),
    "invoice": ("address",),
    "label": ("rates", "customs"),
    "pickup": ("rates",),
    "mail": ("label", "pickup"),
}
SECONDS = {
    "address": 2.0,
    "weight": 1.0,
    "rates": 3.0,
    "customs": 4.0,
    "invoice": 5.0,
    "label": 2.0,
    "pickup": 4.0,
    "mail": 1.0,
}


def step(job: str, inputs: dict[str, str]) -> str:
    """A step for a pool: it tells what it was made from."""
    return f"{job}({', '.join(inputs)})"


# endregion booking
