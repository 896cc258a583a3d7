"""loop_lag: what the monitor notes, on a clock that jumps and beside real threads."""

from __future__ import annotations

import asyncio
import sys
import sysconfig
import time
from collections.abc import Callable, Coroutine

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.io_bound_vs_cpu_bound_work.loop_lag import LagMonitor, checksum, lag_beside, main, rank

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def block(seconds: float) -> None:
    """Hold up the loop."""
    time.sleep(seconds)


def on_a_virtual_clock(scenario: Callable[[], Coroutine[None, None, list[float]]]) -> list[float]:
    """The lags of *scenario*, rounded to microseconds."""
    with virtual_clock():
        return [round(lag, 6) for lag in asyncio.run(scenario())]


def test_a_free_loop_is_never_late() -> None:
    """A second of waiting has a hundred beats, none of them late."""

    async def scenario() -> list[float]:
        async with LagMonitor(interval=0.01) as monitor:
            await asyncio.sleep(1.005)
        return list(monitor.lags)

    assert on_a_virtual_clock(scenario) == [0.0] * 100


def test_a_blocked_loop_is_late_by_what_is_left_of_the_block() -> None:
    """Blocked for 2.5 s half-way between two beats: the next one comes 2.495 s late."""

    async def scenario() -> list[float]:
        async with LagMonitor(interval=0.01) as monitor:
            await asyncio.sleep(0.015)
            block(2.5)
            await asyncio.sleep(0.005)
        return list(monitor.lags)

    assert on_a_virtual_clock(scenario) == [0.0, 2.495]


def test_a_beat_that_never_came_counts() -> None:
    """Work that blocks the loop until the end of the measurement is not overlooked."""

    async def scenario() -> list[float]:
        async with LagMonitor(interval=0.01) as monitor:
            block(2.5)
        return list(monitor.lags)

    assert on_a_virtual_clock(scenario) == [2.49]


def test_only_the_last_lags_are_kept() -> None:
    """The monitor may run for as long as the service."""

    async def scenario() -> list[float]:
        async with LagMonitor(interval=0.01, keep=3) as monitor:
            await asyncio.sleep(1)
        return list(monitor.lags)

    assert len(on_a_virtual_clock(scenario)) == 3


def test_median_and_worst() -> None:
    """Both are 0 before the first beat."""
    monitor = LagMonitor()
    assert (monitor.median, monitor.worst) == (0.0, 0.0)
    monitor.lags.extend([0.001, 0.002, 0.5])
    assert (monitor.median, monitor.worst) == (0.002, 0.5)


def test_an_error_goes_through_and_the_monitor_stops() -> None:
    """No task is left behind."""

    async def scenario() -> int:
        with pytest.raises(ZeroDivisionError):
            async with LagMonitor():
                _ = 1 // 0
        return len(asyncio.all_tasks())

    assert asyncio.run(scenario()) == 1


def test_a_thread_lets_the_loop_beat_and_the_loop_itself_does_not() -> None:
    """In the loop there is one overdue beat; beside a thread there are others, late under the GIL."""

    async def in_loop() -> None:
        rank(0.1)

    async def in_thread() -> None:
        await asyncio.to_thread(rank, 0.2)

    assert len(asyncio.run(lag_beside(in_loop)).lags) == 1
    beside = asyncio.run(lag_beside(in_thread))
    assert len(beside.lags) > 1
    if not FREE_THREADED:
        assert beside.median > sys.getswitchinterval() * 0.5


def test_the_work_takes_the_processor_time_that_it_is_told() -> None:
    """Both kinds of work count processor time, not time on the clock."""
    for work in (rank, checksum):
        start = time.thread_time()
        work(0.01)
        assert time.thread_time() - start >= 0.01


def test_main(capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each place."""
    asyncio.run(main(0.02))
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split("  ")[0] for row in rows] == [
        "in the loop, Python",
        "in a thread, C without the GIL",
        "in a thread, Python",
        "in 2 threads, Python",
        "in 4 threads, Python",
        "in a process, Python",
    ]
