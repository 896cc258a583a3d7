"""Runs start when they are due; late, failed and cancelled ones do what the schedule says."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence

import pytest

from concurrent_doctest.virtual_clock import START, virtual_clock
from examples.parallel_execution_patterns.periodic import Late, Schedule, every, every_blocking


class Job:
    """Notes when each run starts and how it ends; run number n takes ``seconds[n]``."""

    def __init__(self, seconds: Sequence[float] = (), fails: Sequence[int] = ()) -> None:
        self.seconds = seconds
        self.fails = fails
        self.starts: list[float] = []
        self.ends: list[str] = []

    async def run(self) -> None:
        number = len(self.starts)
        self.starts.append(asyncio.get_running_loop().time() - START)
        try:
            await asyncio.sleep(self.seconds[number] if number < len(self.seconds) else 0.25)
            if number in self.fails:
                raise OSError("no answer")
        except asyncio.CancelledError:
            self.ends.append("cancelled")
            raise
        except OSError:
            self.ends.append("failed")
            raise
        self.ends.append("done")


def starts(job: Job, until: float, phase: float = 0.0, late: Late = Late.SKIP, at_once: int = 1) -> list[float]:
    """When the runs of *job* start, every 10 s until a stop after *until* seconds."""

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(until, stop.set)
        await every(10, job.run, stop, phase=phase, late=late, at_once=at_once)

    with virtual_clock():
        asyncio.run(main())
    return job.starts


def test_runs_do_not_drift() -> None:
    assert starts(Job(), 45.0) == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert starts(Job(), 45.0, phase=3.5) == [3.5, 13.5, 23.5, 33.5, 43.5]


def test_many_steps_of_a_tenth_stay_on_the_grid() -> None:
    schedule = Schedule(1_000.0, 0.1)
    assert schedule.due(100_000) == 11_000.0


def test_missed_due_times_are_skipped() -> None:
    assert starts(Job([25]), 45.0) == [0.0, 30.0, 40.0]


def test_a_run_of_exactly_the_interval_misses_nothing() -> None:
    assert starts(Job([10, 10, 10]), 35.0) == [0.0, 10.0, 20.0, 30.0]


def test_missed_due_times_get_one_run_at_once() -> None:
    assert starts(Job([25]), 45.0, late=Late.ONCE) == [0.0, 25.0, 30.0, 40.0]


def test_missed_due_times_get_a_run_each() -> None:
    assert starts(Job([25]), 45.0, late=Late.ALL) == [0.0, 25.0, 25.25, 30.0, 40.0]


def test_runs_overlap_up_to_a_bound() -> None:
    assert starts(Job([25, 25, 25]), 45.0, at_once=9) == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert starts(Job([25, 25, 25]), 45.0, at_once=2) == [0.0, 10.0, 30.0, 40.0]


def test_a_failed_run_ends_no_other(caplog: pytest.LogCaptureFixture) -> None:
    job = Job(fails=[1])
    assert starts(job, 35.0) == [0.0, 10.0, 20.0, 30.0]
    assert job.ends == ["done", "failed", "done", "done"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_stop_waits_for_the_run_under_way() -> None:
    job = Job([0.25, 100])
    assert starts(job, 45.0) == [0.0, 10.0]
    assert job.ends == ["done", "done"]


def test_a_stop_that_was_set_before_means_no_run() -> None:
    assert starts(Job(), 0.0, phase=1.0) == []


def test_cancellation_ends_the_run_under_way() -> None:
    job = Job([0.25, 100])

    async def main() -> bool:
        task = asyncio.create_task(every(10, job.run, asyncio.Event()))
        await asyncio.sleep(15)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    with virtual_clock():
        assert asyncio.run(main())
    assert job.ends == ["done", "cancelled"]


def test_a_thread_runs_until_its_stop_and_survives_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()
    runs: list[int] = []

    def run() -> None:
        runs.append(len(runs))
        if len(runs) == 2:
            raise OSError("no answer")
        if len(runs) == 4:
            stop.set()

    thread = threading.Thread(target=every_blocking, args=(0.001, run, stop))
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert runs == [0, 1, 2, 3]
    assert len(caplog.records) == 1


def test_a_thread_that_waits_stops_at_once() -> None:
    stop, ran = threading.Event(), threading.Event()
    thread = threading.Thread(target=every_blocking, args=(3_600.0, ran.set, stop))
    thread.start()
    assert ran.wait(60)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def test_on_the_real_clock_the_first_run_is_due_at_once() -> None:
    async def main() -> None:
        stop = asyncio.Event()

        async def run() -> None:
            stop.set()

        await every(3_600.0, run, stop)

    asyncio.run(asyncio.wait_for(main(), 60))


def test_the_next_tick_never_goes_back() -> None:
    schedule = Schedule(0.0, 10.0)
    for late in Late:
        assert schedule.after(6, 65.0, late) == 7
    assert [schedule.after(0, 25.0, late) for late in (Late.SKIP, Late.ONCE, Late.ALL)] == [3, 2, 1]
