"""Tokens come at their rate, waiters get them in order, and a place that is given up goes to the next."""

from __future__ import annotations

import asyncio
import threading

import pytest

from concurrent_doctest.virtual_clock import START, virtual_clock
from examples.parallel_execution_patterns.token_bucket import (
    RateLimiter,
    ThreadRateLimiter,
    TokenBucket,
    TooManyCalls,
)


def test_a_burst_then_the_rate() -> None:
    bucket = TokenBucket(rate=2, burst=3)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.due(10.0) == 10.5
    assert [bucket.due(10.0, ahead) for ahead in range(3)] == [10.5, 11.0, 11.5]
    assert not bucket.take(10.25)
    assert bucket.take(10.5)
    assert not bucket.take(10.5)


def test_an_idle_bucket_holds_one_burst_and_no_more() -> None:
    bucket = TokenBucket(rate=2, burst=3)
    assert [bucket.take(1e6) for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("burst", [1, 2, 7])
@pytest.mark.parametrize("rate", [0.1, 0.3, 3, 7, 1000])
def test_waiting_until_due_is_always_enough(rate: float, burst: int) -> None:
    bucket = TokenBucket(rate, burst)
    now = 1_000_000.1
    for _ in range(1_000):
        if not bucket.take(now):
            now += bucket.due(now) - now
            assert bucket.take(now)


def test_a_pause_holds_all_tokens_back_and_is_not_followed_by_a_burst() -> None:
    bucket = TokenBucket(rate=2, burst=3)
    bucket.pause(until=40.0)
    assert bucket.due(10.0) == 40.0
    assert [bucket.take(40.0), bucket.take(40.0), bucket.take(40.5)] == [True, False, True]
    bucket.pause(until=20.0)
    assert bucket.due(40.5) == 41.0


async def go(limiter: RateLimiter, name: str, log: list[tuple[str, float]]) -> None:
    await limiter.acquire()
    log.append((name, asyncio.get_running_loop().time() - START))


def test_tasks_are_let_through_in_order() -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        limiter = RateLimiter(TokenBucket(rate=2, burst=2), places=9)
        async with asyncio.TaskGroup() as group:
            for name in "abcde":
                group.create_task(go(limiter, name, log))

    with virtual_clock():
        asyncio.run(main())
    assert log == [("a", 0.0), ("b", 0.0), ("c", 0.5), ("d", 1.0), ("e", 1.5)]


@pytest.mark.parametrize("cancelled", [0, 1, 2])
def test_a_cancelled_waiter_gives_its_place_to_the_next(cancelled: int) -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        limiter = RateLimiter(TokenBucket(rate=2), places=9)
        await limiter.acquire()
        tasks = [asyncio.create_task(go(limiter, name, log)) for name in "abcd"]
        await asyncio.sleep(0.25)
        tasks[cancelled].cancel()
        await asyncio.wait(tasks)

    with virtual_clock():
        asyncio.run(main())
    left = [name for number, name in enumerate("abcd") if number != cancelled]
    assert log == list(zip(left, [0.5, 1.0, 1.5], strict=True))


def test_a_full_queue_says_when_to_come_back() -> None:
    async def main() -> None:
        limiter = RateLimiter(TokenBucket(rate=2), places=2)
        await limiter.acquire()
        waiting = [asyncio.create_task(limiter.acquire()) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyCalls, match=r"retry after 1\.5 s") as caught:
            await limiter.acquire()
        assert caught.value.retry_after == 1.5
        await asyncio.sleep(1.5)
        assert all(task.done() for task in waiting)
        await limiter.acquire()

    with virtual_clock():
        asyncio.run(main())


def test_without_places_nobody_waits() -> None:
    async def main() -> None:
        limiter = RateLimiter(TokenBucket(rate=2), places=0)
        await limiter.acquire()
        with pytest.raises(TooManyCalls):
            await limiter.acquire()

    with virtual_clock():
        asyncio.run(main())


def test_a_pause_reaches_those_who_wait_already() -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        limiter = RateLimiter(TokenBucket(rate=2), places=9)
        await limiter.acquire()
        async with asyncio.TaskGroup() as group:
            for name in "ab":
                group.create_task(go(limiter, name, log))
            await asyncio.sleep(0.25)
            limiter.bucket.pause(START + 30)

    with virtual_clock():
        asyncio.run(main())
    assert log == [("a", 30.0), ("b", 30.5)]


def test_threads_are_let_through_in_order() -> None:
    limiter = ThreadRateLimiter(TokenBucket(rate=0.001), places=9)
    limiter.acquire()
    log: list[int] = []

    def wait(number: int) -> None:
        limiter.acquire(timeout=60)
        log.append(number)  # the next token would come in 1,000 s
        step.set()

    threads = []
    step = threading.Event()
    for number in range(3):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while True:
            with limiter._changed:
                if len(limiter._queue) == number + 1:
                    break
    for number in range(3):
        step.clear()
        with limiter._changed:
            limiter.bucket.full_at = 0.0
            limiter._changed.notify_all()
        assert step.wait(60)
        assert log == list(range(number + 1))
    for thread in threads:
        thread.join(60)


def test_a_thread_that_gives_up_frees_its_place() -> None:
    limiter = ThreadRateLimiter(TokenBucket(rate=0.001), places=1)
    limiter.acquire()
    with pytest.raises(TimeoutError, match="no token in time"):
        limiter.acquire(timeout=0.01)
    with pytest.raises(TimeoutError):
        limiter.acquire(timeout=0)
    assert not limiter._queue


def test_a_thread_without_a_place_is_told_when_to_come_back() -> None:
    limiter = ThreadRateLimiter(TokenBucket(rate=0.001), places=0)
    limiter.acquire()
    with pytest.raises(TooManyCalls) as caught:
        limiter.acquire()
    assert 0 < caught.value.retry_after <= 1_000


def test_a_pause_holds_threads_back() -> None:
    limiter = ThreadRateLimiter(TokenBucket(rate=1_000, burst=5), places=0)
    limiter.pause(1_000)
    with pytest.raises(TooManyCalls) as caught:
        limiter.acquire()
    assert 900 < caught.value.retry_after <= 1_000
