"""Each job runs once, after what it needs; a failure takes only its dependents with it."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from graphlib import CycleError
from typing import Any

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns.job_graph import (
    BOOKING,
    SECONDS,
    Progress,
    critical_path,
    run_graph,
    run_graph_in_pool,
    step,
)


class Booking:
    """Notes when each step runs; those in *fails* raise."""

    def __init__(self, *fails: str) -> None:
        self.fails = fails
        self.log: list[str] = []
        self.at_once = self.most = 0

    async def run(self, job: str, inputs: dict[str, str]) -> str:
        self.log.append(job)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(SECONDS[job])
            if job in self.fails:
                raise OSError(f"{job}: no answer")
            return step(job, inputs)
        finally:
            self.at_once -= 1


async def timed(booking: Booking, workers: int) -> tuple[float, Progress[str, str]]:
    loop = asyncio.get_running_loop()
    started = loop.time()
    progress: Progress[str, str] = Progress(BOOKING)
    await run_graph(progress, booking.run, workers)
    return loop.time() - started, progress


@pytest.mark.parametrize(("workers", "seconds"), [(1, 22.0), (2, 13.0), (3, 10.0), (99, 10.0)])
def test_the_critical_path_is_the_lower_bound(workers: int, seconds: float) -> None:
    booking = Booking()
    with virtual_clock():
        took, progress = asyncio.run(timed(booking, workers))
    assert took == seconds
    assert booking.most <= workers
    assert sorted(booking.log) == sorted(SECONDS)
    assert progress.done.keys() == SECONDS.keys()
    assert progress.done["label"] == "label(rates, customs)"


def test_the_critical_path_is_found() -> None:
    assert critical_path(BOOKING, SECONDS) == (10.0, ["address", "rates", "pickup", "mail"])
    assert critical_path({}, {}) == (0, [])


def test_a_failure_skips_its_dependents_and_nothing_else() -> None:
    booking = Booking("customs")
    with virtual_clock():
        _, progress = asyncio.run(timed(booking, 2))
    assert str(progress.failed["customs"]) == "customs: no answer"
    assert progress.skipped == {"label": "customs", "mail": "customs"}
    assert set(progress.done) == {"address", "weight", "rates", "pickup", "invoice"}
    assert set(booking.log) == set(progress.done) | {"customs"}


def test_a_cycle_is_found_before_anything_runs() -> None:
    with pytest.raises(CycleError) as caught:
        Progress[str, str]({"label": ["rates"], "rates": ["label"]})
    assert caught.value.args == ("nodes are in a cycle", ["label", "rates", "label"])


def test_cancellation_ends_the_steps_that_run_and_starts_no_others() -> None:
    booking = Booking()

    async def main() -> tuple[bool, int]:
        task = asyncio.create_task(run_graph(Progress(BOOKING), booking.run, 2))
        await asyncio.sleep(1.5)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled(), len(asyncio.all_tasks()) - 1

    with virtual_clock():
        assert asyncio.run(main()) == (True, 0)
    assert booking.log == ["address", "weight"]
    assert booking.at_once == 0


def test_a_job_that_cancels_itself_is_a_failed_job() -> None:
    async def work(job: str, inputs: dict[str, str]) -> str:
        if job == "rates":
            raise asyncio.CancelledError
        return step(job, inputs)

    progress: Progress[str, str] = Progress(BOOKING)
    asyncio.run(run_graph(progress, work, 2))
    assert isinstance(progress.failed["rates"], asyncio.CancelledError)
    assert progress.skipped == {"label": "rates", "pickup": "rates", "mail": "rates"}
    assert set(progress.done) == {"address", "weight", "customs", "invoice"}


def test_threads_give_the_same_results() -> None:
    progress: Progress[str, str] = Progress(BOOKING)
    with ThreadPoolExecutor(2) as pool:
        run_graph_in_pool(progress, step, pool)
    assert progress.done.keys() == SECONDS.keys()
    assert progress.done["mail"] == "mail(label, pickup)"


def test_a_failure_in_a_pool_skips_its_dependents() -> None:
    def work(job: str, inputs: dict[str, str]) -> str:
        if job == "rates":
            raise OSError("no answer")
        return step(job, inputs)

    progress: Progress[str, str] = Progress(BOOKING)
    with ThreadPoolExecutor(2) as pool:
        run_graph_in_pool(progress, work, pool)
    assert set(progress.failed) == {"rates"}
    assert progress.skipped == {"label": "rates", "pickup": "rates", "mail": "rates"}


def test_an_error_of_the_pool_itself_is_raised() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        run_graph_in_pool(Progress(BOOKING), step, pool)


def test_a_broken_pool_fails_what_was_under_way_and_keeps_what_is_done() -> None:
    class Breaks(ThreadPoolExecutor):
        """Answers two calls, and is broken from then on."""

        calls = 0

        def submit(self, *args: Any, **options: Any) -> Future[Any]:
            self.calls += 1
            if self.calls > 2:
                raise BrokenProcessPool
            return super().submit(*args, **options)

    progress: Progress[str, str] = Progress(BOOKING)
    with Breaks(2) as pool:
        run_graph_in_pool(progress, step, pool)
    assert set(progress.done) == {"address", "weight"}
    assert set(progress.failed) == {"rates", "customs", "invoice"}
    assert set(progress.skipped) == {"label", "pickup", "mail"}


def test_a_second_run_makes_only_what_is_missing() -> None:
    first, second = Booking("customs"), Booking()

    async def main() -> Progress[str, str]:
        _, progress = await timed(first, 2)
        again = Progress(BOOKING, progress.done)
        await run_graph(again, second.run, 2)
        return again

    with virtual_clock():
        progress = asyncio.run(main())
    assert second.log == ["customs", "label", "mail"]
    assert progress.done.keys() == SECONDS.keys()
    assert progress.done["label"] == "label(rates, customs)"
