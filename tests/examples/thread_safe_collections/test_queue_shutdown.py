"""queue_shutdown: one contract, kept by the stand-in and, where there is one, by the library's queue."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from examples.thread_safe_collections.queue_shutdown import Queue, ShutDown, ShutdownQueue
from examples.thread_safe_collections.told_condition import ToldCondition

BOUND = 30.0  # seconds; every wait ends far sooner, or the test fails


@pytest.fixture(params=list(dict.fromkeys([ShutdownQueue, Queue])))
def make(request: pytest.FixtureRequest) -> Callable[[int], Queue[str]]:
    kind: Callable[[int], Queue[str]] = request.param
    return kind


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def blocked(pool: ThreadPoolExecutor, parcels: Queue[str], on: str, call: Callable[[], Any]) -> Future[Any]:
    """*call*, started, and waiting on the condition named *on*."""
    told = ToldCondition(parcels.mutex)
    setattr(parcels, on, told)
    future = pool.submit(call)
    assert told.waits.acquire(timeout=BOUND)
    return future


@pytest.mark.parametrize("immediate", [False, True])
def test_those_who_wait_are_told(make: Callable[[int], Queue[str]], pool: ThreadPoolExecutor, immediate: bool) -> None:
    parcels = make(1)
    getter = blocked(pool, parcels, "not_empty", parcels.get)
    parcels.shutdown(immediate)
    assert isinstance(getter.exception(BOUND), ShutDown)

    parcels = make(1)
    parcels.put("A1")
    putter = blocked(pool, parcels, "not_full", lambda: parcels.put("A2"))
    parcels.shutdown(immediate)
    assert isinstance(putter.exception(BOUND), ShutDown)
    assert parcels.qsize() == (0 if immediate else 1)


def test_what_is_left_can_be_taken_and_joined(make: Callable[[int], Queue[str]], pool: ThreadPoolExecutor) -> None:
    parcels = make(0)
    parcels.put("A1")
    parcels.put("A2")
    joiner = blocked(pool, parcels, "all_tasks_done", parcels.join)
    parcels.shutdown()
    with pytest.raises(ShutDown):
        parcels.put("A3")
    for parcel in ("A1", "A2"):
        assert not joiner.done()
        assert parcels.get() == parcel
        parcels.task_done()
    joiner.result(BOUND)
    with pytest.raises(ShutDown):
        parcels.get_nowait()


def test_immediate_counts_what_it_throws_away_and_no_more(
    make: Callable[[int], Queue[str]], pool: ThreadPoolExecutor
) -> None:
    parcels = make(0)
    for parcel in ("A1", "A2", "A3"):
        parcels.put(parcel)
    assert parcels.get() == "A1"
    joiner = blocked(pool, parcels, "all_tasks_done", parcels.join)
    parcels.shutdown(immediate=True)
    assert parcels.unfinished_tasks == 1
    assert not joiner.done()
    parcels.task_done()
    joiner.result(BOUND)
    with pytest.raises(ValueError, match="too many times"):
        parcels.task_done()


def test_immediate_counts_no_further_than_to_zero(make: Callable[[int], Queue[str]], pool: ThreadPoolExecutor) -> None:
    parcels = make(0)
    parcels.put("A1")
    parcels.put("A2")
    parcels.task_done()  # too early
    parcels.shutdown(immediate=True)
    assert parcels.unfinished_tasks == 0
    pool.submit(parcels.join).result(BOUND)


def test_limits_of_time_and_space_stay(make: Callable[[int], Queue[str]]) -> None:
    parcels = make(1)
    with pytest.raises(queue.Empty):
        parcels.get(timeout=0.01)
    with pytest.raises(queue.Empty):
        parcels.get_nowait()
    parcels.put("A1", timeout=BOUND)
    with pytest.raises(queue.Full):
        parcels.put("A2", timeout=0.01)
    with pytest.raises(queue.Full):
        parcels.put_nowait("A2")
    assert parcels.get(timeout=BOUND) == "A1"


def test_every_worker_ends_and_nothing_is_lost(make: Callable[[int], Queue[str]]) -> None:
    parcels, labels = make(2), []

    def work() -> None:
        while True:
            try:
                parcel = parcels.get(timeout=BOUND)
            except ShutDown:
                return
            labels.append(parcel)
            parcels.task_done()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for number in range(100):
        parcels.put(str(number), timeout=BOUND)
    parcels.shutdown()
    for worker in workers:
        worker.join(BOUND)
        assert not worker.is_alive()
    assert sorted(labels, key=int) == [str(number) for number in range(100)]
    parcels.join()
