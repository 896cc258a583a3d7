"""OrderedLock: ascending order passes, any other is refused before anybody waits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples.deadlock_prevention.ordered_lock import LockOrderError, OrderedLock


def locks() -> tuple[OrderedLock, OrderedLock, OrderedLock]:
    return OrderedLock(10, "shop"), OrderedLock(20, "rates"), OrderedLock(30, "log")


def test_ascending_order_passes_again_and_again() -> None:
    shop, rates, log = locks()
    for _ in range(3):
        with shop, rates, log:
            pass
        with rates:
            pass


def test_descending_order_is_refused_by_one_thread_alone() -> None:
    shop, rates, _ = locks()
    with rates, pytest.raises(LockOrderError, match=r"shop \(rank 10\) after rates \(rank 20\)"):
        shop.acquire()
    with shop, rates:  # nothing was left held
        pass


def test_the_same_rank_and_the_same_lock_are_refused() -> None:
    shop, _, _ = locks()
    other = OrderedLock(10, "other shop")
    with shop:
        for lock in (shop, other):
            with pytest.raises(LockOrderError, match="after shop"):
                lock.acquire()


def test_locks_may_be_released_in_any_order() -> None:
    shop, rates, log = locks()
    for lock in (shop, rates, log):
        lock.acquire()
    shop.release()
    log.release()
    with pytest.raises(LockOrderError, match="after rates"):
        shop.acquire()
    rates.release()
    with shop:
        pass


def test_only_the_thread_that_holds_it_releases_it() -> None:
    shop, _, _ = locks()
    with pytest.raises(LockOrderError, match=r"shop \(rank 10\) is not held here"):
        shop.release()
    with shop, ThreadPoolExecutor(1) as pool, pytest.raises(LockOrderError, match="not held here"):
        pool.submit(shop.release).result(60)


def test_each_thread_has_an_order_of_its_own() -> None:
    shop, rates, _ = locks()
    with rates, ThreadPoolExecutor(1) as pool:
        assert pool.submit(shop.acquire, 0).result(60)  # rates is held, and by another thread
        pool.submit(shop.release).result(60)


def test_a_wait_that_times_out_holds_nothing() -> None:
    shop, rates, _ = locks()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with rates:
            held.set()
            done.wait(60)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        held.wait(60)
        with shop:
            assert not rates.acquire(timeout=0)
        done.set()
    with shop, rates:
        pass
