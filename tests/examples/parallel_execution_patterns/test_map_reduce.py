"""map_reduce: outcomes for all items, a bounded window, and a stop that leaves nothing behind."""

from __future__ import annotations

import itertools
import multiprocessing
import operator
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

from examples.parallel_execution_patterns import invoice
from examples.parallel_execution_patterns.map_reduce import (
    Done,
    Failed,
    chunks,
    map_ordered,
    map_reduce,
    map_unordered,
)
from examples.quotes import Parcel


class ByHand(Executor):
    """An executor whose calls end when the test says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Future[Any]]] = []
        self.submitted = threading.Semaphore(0)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.calls.append((args[0], future))
        self.submitted.release()
        return future


class AtOnce(Executor):
    """An executor that runs each call in ``submit``."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


def half(number: int) -> int:
    if number % 2:
        raise ValueError(number)
    return number // 2


def test_each_item_has_an_outcome() -> None:
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(map_unordered(pool, half, range(10), window=3))
    assert sorted(one.result for one in outcomes if isinstance(one, Done)) == [0, 1, 2, 3, 4]
    failed = [one for one in outcomes if isinstance(one, Failed)]
    assert sorted(one.item for one in failed) == [1, 3, 5, 7, 9]
    assert all(isinstance(one.error, ValueError) for one in failed)


def test_no_items_no_outcomes() -> None:
    assert list(map_unordered(AtOnce(), half, [], window=3)) == []
    assert list(map_ordered(AtOnce(), half, [], window=3)) == []
    assert map_reduce(AtOnce(), sum, operator.add, [], start=0, size=3, window=3) == (0, [])


def test_the_first_to_finish_comes_first() -> None:
    pool = ByHand()
    outcomes = map_unordered(pool, half, itertools.count(), window=3)
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(next(outcomes)))
    thread.start()
    for _ in range(3):
        assert pool.submitted.acquire(timeout=60)
    pool.calls[2][1].set_result("third")
    thread.join(60)
    assert got == [Done(2, "third")]
    assert len(pool.calls) == 3, "the place is filled when the next outcome is asked for"
    outcomes.close()
    assert [call.cancelled() for _, call in pool.calls] == [True, True, False]


def test_in_order_the_oldest_is_waited_for() -> None:
    pool = ByHand()
    outcomes = map_ordered(pool, half, itertools.count(), window=3)
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.extend(itertools.islice(outcomes, 2)))
    thread.start()
    for _ in range(3):
        assert pool.submitted.acquire(timeout=60)
    pool.calls[1][1].set_result("second")
    pool.calls[0][1].set_result("first")
    thread.join(60)
    assert got == [Done(0, "first"), Done(1, "second")]
    outcomes.close()
    assert all(call.cancelled() for _, call in pool.calls[2:])


@pytest.mark.parametrize("mapper", [map_unordered, map_ordered])
def test_no_more_than_the_window_is_taken(mapper: Any) -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield 2 * taken

    outcomes = mapper(AtOnce(), half, endless(), window=4)
    for answered in range(1, 50):
        next(outcomes)
        assert taken - answered < 4
    outcomes.close()


@pytest.mark.parametrize("mapper", [map_unordered, map_ordered])
def test_after_stop_what_is_out_still_arrives(mapper: Any) -> None:
    got: list[Any] = []
    for outcome in mapper(AtOnce(), half, itertools.count(), window=4, stop=lambda: len(got) > 0):
        got.append(outcome)
    assert sorted(one.item for one in got) == [0, 1, 2, 3]


@pytest.mark.parametrize("mapper", [map_unordered, map_ordered])
@pytest.mark.parametrize("error", [BrokenExecutor("a worker died"), SystemExit(3)])
def test_what_is_no_failure_of_the_item_is_raised(mapper: Any, error: BaseException) -> None:
    def job(number: int) -> int:
        raise error

    with pytest.raises(type(error)) as caught:
        list(mapper(AtOnce(), job, range(3), window=2))
    assert caught.value is error


@pytest.mark.parametrize("mapper", [map_unordered, map_ordered])
def test_a_pool_that_is_shut_down_ends_the_wait(mapper: Any) -> None:
    release = threading.Event()

    def job(number: int) -> int:
        if number:
            release.wait(60)
        return number

    got: list[Any] = []
    with ThreadPoolExecutor(1) as pool:
        outcomes = mapper(pool, job, range(4), window=4)
        got.append(next(outcomes))
        pool.shutdown(wait=False, cancel_futures=True)
        release.set()
        with pytest.raises(CancelledError):
            got.extend(outcomes)
    assert Done(0, 0) in got
    assert len(got) < 3, "the first, and one that was running at most"


def test_chunks_end_with_the_rest() -> None:
    assert list(chunks(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]


def test_failed_chunks_are_returned_and_the_rest_is_added_up() -> None:
    parcels = [Parcel(500), Parcel(500, "moon"), Parcel(900), Parcel(2500)]
    progress: list[int] = []
    total, failed = map_reduce(
        AtOnce(),
        invoice.invoice,
        operator.add,
        parcels,
        start=Counter[str](),
        size=2,
        window=1,
        progress=progress.append,
    )
    assert total == {"domestic": 420 + 1260}
    assert [chunk.item for chunk in failed] == [parcels[:2]]
    assert isinstance(failed[0].error, KeyError)
    assert progress == [2, 4]


def test_processes_give_the_same_total() -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        total, failed = map_reduce(
            pool, invoice.invoice, operator.add, invoice.month(1000), start=Counter[str](), size=100, window=4
        )
    assert failed == []
    assert total == invoice.invoice(invoice.month(1000))
