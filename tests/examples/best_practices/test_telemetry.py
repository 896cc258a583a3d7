"""telemetry: each metric moves when its failure happens, by exact numbers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.telemetry import (
    AgedQueue,
    LoopSampler,
    MeasuredPool,
    Outcomes,
    Shed,
    TimedAsyncLock,
    TimedLock,
    age_gauge,
    prometheus,
)


class Level:
    """A gauge."""

    def __init__(self) -> None:
        self.value = 0.0
        self._lock = threading.Lock()

    def inc(self, amount: float = 1) -> None:
        with self._lock:
            self.value += amount

    def dec(self, amount: float = 1) -> None:
        self.inc(-amount)

    def set(self, value: float) -> None:
        self.value = value


class Seen(list[float]):
    """A histogram."""

    def observe(self, amount: float) -> None:
        self.append(round(amount, 6))


def on_a_virtual_clock(scenario: Callable[[], Coroutine[None, None, None]]) -> None:
    with virtual_clock():
        asyncio.run(scenario())


def block(seconds: float) -> None:
    """Hold up the loop."""
    time.sleep(seconds)


def test_a_blocked_loop_is_observed_when_it_is_free_again_and_its_silence_at_once() -> None:
    async def scenario() -> None:
        lag, tasks, threads = Seen(), Level(), Level()
        sampler = LoopSampler(lag, tasks, threads, interval=0.25)
        sampling = asyncio.create_task(sampler.run())
        await asyncio.sleep(0.6)
        assert lag == [0.0, 0.0]
        assert (tasks.value, threads.value) == (2, threading.active_count())
        block(3)
        assert sampler.silence() == pytest.approx(3.1)
        await asyncio.sleep(0.1)
        assert lag == [0.0, 0.0, 2.85]
        sampling.cancel()
        await asyncio.wait([sampling])

    on_a_virtual_clock(scenario)


def test_the_oldest_item_ages_and_its_wait_is_observed() -> None:
    async def scenario() -> None:
        waited = Seen()
        queue: AgedQueue[str] = AgedQueue(2, waited)
        assert queue.oldest() == 0.0
        await queue.put("A1")
        await asyncio.sleep(4)
        await queue.put("A2")
        assert (queue.qsize(), queue.oldest()) == (2, 4.0)
        with pytest.raises(asyncio.QueueFull):
            queue.put_nowait("A3")
        third = asyncio.create_task(queue.put("A3"))  # waits outside: its age counts from its entry
        await asyncio.sleep(6)
        assert await queue.get() == "A1"
        await third
        assert queue.oldest() == 6.0
        assert [await queue.get(), await queue.get()] == ["A2", "A3"]
        assert (waited, queue.oldest()) == ([10.0, 6.0, 0.0], 0.0)

    on_a_virtual_clock(scenario)


def test_a_get_that_is_cancelled_keeps_the_ages_in_step() -> None:
    async def scenario() -> None:
        waited = Seen()
        queue: AgedQueue[str] = AgedQueue(2, waited)
        getting = asyncio.create_task(queue.get())
        await asyncio.sleep(1)
        queue.put_nowait("A1")
        getting.cancel()
        await asyncio.wait([getting])
        await asyncio.sleep(5)
        assert (queue.oldest(), await queue.get(), waited) == (5.0, "A1", [5.0])

    on_a_virtual_clock(scenario)


@pytest.mark.skipif(not hasattr(asyncio.Queue, "shutdown"), reason="3.13+")
def test_shutdown_empties_both() -> None:
    async def scenario() -> None:
        queue: AgedQueue[str] = AgedQueue(2, Seen())
        queue.put_nowait("A1")
        queue.shutdown(immediate=True)  # type: ignore[attr-defined]
        assert queue.oldest() == 0.0

    on_a_virtual_clock(scenario)


def test_a_full_pool_shows_who_runs_and_who_waits() -> None:
    busy, waiting, answer, both = Level(), Level(), threading.Event(), threading.Barrier(3)

    def ask() -> None:
        both.wait(60)
        answer.wait(60)

    workers = ThreadPoolExecutor(2)
    with MeasuredPool(workers, busy, waiting) as pool:
        calls = [pool.submit(ask) for _ in range(2)]
        queued = [pool.submit(len, "abc") for _ in range(3)]
        both.wait(60)
        assert (busy.value, waiting.value) == (2, 3)
        assert queued[2].cancel()
        assert (busy.value, waiting.value) == (2, 2)
        answer.set()
        assert [call.result(60) for call in calls] == [None, None]
        assert [call.result(60) for call in queued[:2]] == [3, 3]
        with pytest.raises(ZeroDivisionError):
            pool.submit(divmod, 1, 0).result(60)
        with pytest.raises(CancelledError):
            queued[2].result(60)
    assert (busy.value, waiting.value) == (0, 0)
    with pytest.raises(RuntimeError, match="after shutdown"):
        workers.submit(len, "abc")
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(len, "abc")
    assert waiting.value == 0


def test_calls_of_a_pool_that_broke_do_not_wait_for_ever() -> None:
    busy, waiting = Level(), Level()

    def fails() -> None:
        raise OSError("no rates")

    with MeasuredPool(ThreadPoolExecutor(1, initializer=fails), busy, waiting) as pool:
        call = pool.submit(len, "abc")
        assert call.exception(60) is not None
    assert (busy.value, waiting.value) == (0, 0)


class Contended:
    """A lock that is free after two seconds."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if not blocking:
            return False
        time.sleep(2 if timeout < 0 else min(timeout, 2))
        return not 0 <= timeout < 2

    def release(self) -> None:
        """Free again."""


def test_a_timed_lock_observes_each_wait() -> None:
    with virtual_clock():
        waited = Seen()
        lock = TimedLock(waited, Contended())
        with lock:
            pass
        assert not lock.acquire(timeout=0.5)
        assert not lock.acquire(blocking=False)
        assert waited == [2.0, 0.5, 0.0]


def test_a_timed_lock_excludes() -> None:
    lock = TimedLock(Seen())
    with lock:
        assert not lock.acquire(blocking=False)
    assert lock.acquire(blocking=False)
    lock.release()


def test_a_timed_async_lock_observes_waits_that_were_cancelled() -> None:
    async def scenario() -> None:
        waited = Seen()
        lock = TimedAsyncLock(waited)

        async def hold() -> None:
            async with lock:
                await asyncio.sleep(30)

        async with asyncio.TaskGroup() as group:
            group.create_task(hold())
            await asyncio.sleep(0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(5):
                    await lock.acquire()
            async with lock:
                pass
        assert waited == [0.0, 5.0, 25.0]

    on_a_virtual_clock(scenario)


def test_each_outcome_is_observed_with_its_time() -> None:
    async def scenario() -> None:
        seconds: defaultdict[str, Seen] = defaultdict(Seen)
        inside = Level()
        outcomes = Outcomes(seconds.__getitem__, inside)

        async def request(work: float, limit: float | None = None, error: Exception | None = None) -> None:
            with outcomes.measure():
                async with asyncio.timeout(limit):
                    await asyncio.sleep(work)
                if error is not None:
                    raise error

        await request(2)
        with pytest.raises(TimeoutError):
            await request(9, limit=5)
        with pytest.raises(Shed):
            await request(0, error=Shed())
        with pytest.raises(OSError, match="no route"):
            await request(1, error=OSError("no route"))
        left = asyncio.create_task(request(30))
        await asyncio.sleep(3)
        assert inside.value == 1
        left.cancel()
        await asyncio.wait([left])
        with outcomes.measure(since=time.monotonic() - 4):
            pass
        assert seconds == {
            "answered": [2.0, 4.0],
            "timed_out": [5.0],
            "shed": [0.0],
            "failed": [1.0],
            "cancelled": [3.0],
        }
        assert inside.value == 0

    on_a_virtual_clock(scenario)


def test_prometheus_has_them_all() -> None:
    registry = CollectorRegistry()
    metrics = prometheus(registry)
    Outcomes(metrics.seconds, metrics.inside)
    metrics.seconds("timed_out").observe(5)
    metrics.lock_wait("rates").observe(0.02)
    metrics.lag.observe(2.85)
    ages = iter([4.0])
    age_gauge("queue_oldest_seconds", ages.__next__, registry)
    text = generate_latest(registry).decode()
    for line in (
        'request_seconds_bucket{le="5.0",outcome="timed_out"} 1.0',
        'lock_wait_seconds_sum{lock="rates"} 0.02',
        "loop_lag_seconds_sum 2.85",
        "queue_oldest_seconds 4.0",
        "pool_waiting 0.0",
    ):
        assert line in text.splitlines()
