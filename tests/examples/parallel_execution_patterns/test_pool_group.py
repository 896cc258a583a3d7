"""``PoolGroup``: calls that stand or fall together, and none left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import pytest

from examples.parallel_execution_patterns import pool_group
from examples.parallel_execution_patterns.pool_group import PoolGroup


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def fail(error: BaseException, after: threading.Event | None = None) -> None:
    if after is not None:
        assert after.wait(60)
    raise error


def test_all_succeed_and_stop_is_not_called(pool: Executor) -> None:
    stop = threading.Event()
    with PoolGroup(pool, stop.set) as group:
        calls = [group.submit(pow, n, 2) for n in range(100)]
    assert [call.result(0) for call in calls] == [n * n for n in range(100)]
    assert not stop.is_set()


def test_nothing_submitted(pool: Executor) -> None:
    with PoolGroup(pool):
        pass


def test_a_failure_stops_what_runs_and_cancels_what_waits(pool: Executor) -> None:
    started, stop = threading.Event(), threading.Event()
    next_started = threading.Event()

    def slow(meet: threading.Event) -> bool:
        meet.set()
        return stop.wait(60)

    with pytest.raises(ExceptionGroup) as caught, PoolGroup(pool, stop.set) as group:  # noqa: PT012
        running = group.submit(slow, started)
        group.submit(fail, ConnectionError("swift"), started)
        following = group.submit(slow, next_started)
        late = [group.submit(pow, 2, 2) for _ in range(20)]
        assert next_started.wait(60)
    assert [str(error) for error in caught.value.exceptions] == ["swift"]
    assert running.result(0)
    assert following.result(0)
    assert all(call.cancelled() for call in late)
    assert caught.value.__cause__ is None


def test_all_errors_of_calls_that_ran_are_kept(pool: Executor) -> None:
    both = threading.Barrier(2)

    def refuse(name: str) -> None:
        both.wait(60)
        raise ConnectionError(name)

    with pytest.raises(ExceptionGroup) as caught, PoolGroup(pool) as group:  # noqa: PT012
        for name in ("swift", "steady"):
            group.submit(refuse, name)
    assert sorted(map(str, caught.value.exceptions)) == ["steady", "swift"]


def test_an_error_in_the_block_ends_the_calls_and_joins_their_errors(pool: Executor) -> None:
    started, stop = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        fail(ConnectionError("swift"), stop)

    with pytest.raises(ExceptionGroup) as caught, PoolGroup(pool, stop.set) as group:  # noqa: PT012
        group.submit(slow)
        assert started.wait(60)
        raise ValueError("label")
    assert sorted(map(repr, caught.value.exceptions)) == ["ConnectionError('swift')", "ValueError('label')"]


def test_an_interrupt_in_the_block_goes_on_as_it_is(pool: Executor) -> None:
    started, stop = threading.Event(), threading.Event()

    def slow() -> bool:
        started.set()
        return stop.wait(60)

    with pytest.raises(KeyboardInterrupt), PoolGroup(pool, stop.set) as group:  # noqa: PT012
        running = group.submit(slow)
        assert started.wait(60)
        raise KeyboardInterrupt
    assert running.result(0)


def test_an_interrupt_while_leaving_ends_the_calls(pool: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    started, stop = threading.Event(), threading.Event()

    def slow() -> bool:
        started.set()
        return stop.wait(60)

    class Interrupted(SimpleQueue[Any]):
        interrupts = 1

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            if self.interrupts:
                self.interrupts -= 1
                raise KeyboardInterrupt
            return super().get(block, timeout)

    monkeypatch.setattr(pool_group, "SimpleQueue", Interrupted)
    with pytest.raises(KeyboardInterrupt), PoolGroup(pool, stop.set) as group:  # noqa: PT012
        running = group.submit(slow)
        queued = [group.submit(pow, 2, 2) for _ in range(3)]
        assert started.wait(60)
    assert running.result(0)
    assert all(call.done() for call in queued)


def test_a_call_that_its_owner_cancels_is_no_failure(pool: Executor) -> None:
    stop, release = threading.Event(), threading.Event()
    with PoolGroup(pool, stop.set) as group:
        for _ in range(2):
            group.submit(release.wait, 60)
        assert group.submit(pow, 2, 2).cancel()
        release.set()
    assert not stop.is_set()


def test_a_pool_that_is_shut_down_meanwhile_does_not_hang_the_group() -> None:
    release = threading.Event()
    started = threading.Barrier(2)
    pool = ThreadPoolExecutor(1)

    def slow() -> bool:
        started.wait(60)
        return release.wait(60)

    with PoolGroup(pool) as group:
        running = group.submit(slow)
        queued = group.submit(pow, 2, 2)
        started.wait(60)
        pool.shutdown(wait=False, cancel_futures=True)
        release.set()
    assert running.result(0)
    assert queued.cancelled()
