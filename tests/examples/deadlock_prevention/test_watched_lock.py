"""WatchedLock: it excludes, knows its holder, draws who waits, and refuses to close a cycle of any length."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples.deadlock_prevention.watched_lock import Wait, WatchedLock, WouldDeadlock, wait_graph


def test_it_excludes_and_can_be_taken_again_after_release() -> None:
    lock, inside, most = WatchedLock("rates"), 0, 0

    def work(_: int) -> None:
        nonlocal inside, most
        for _ in range(50):
            with lock:
                inside += 1
                most = max(most, inside)
                inside -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert most == 1
    assert lock.holder is None


def test_a_thread_that_takes_it_twice_is_refused() -> None:
    lock = WatchedLock("rates")
    me = threading.current_thread().name
    with lock, pytest.raises(WouldDeadlock) as refused:
        lock.acquire()
    assert refused.value.cycle == [me, "rates", me]
    assert lock.holder is None


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_one_of_a_ring_is_refused_and_the_others_get_through(threads: int) -> None:
    locks = [WatchedLock(f"lock {number}") for number in range(threads)]
    all_hold = threading.Barrier(threads)
    refused, done = [], []

    def work(number: int) -> None:
        with locks[number]:
            all_hold.wait()
            try:
                with locks[(number + 1) % threads]:
                    done.append(number)
            except WouldDeadlock as error:
                refused.append(error.cycle)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    assert len(refused) == 1
    assert len(refused[0]) == 2 * threads + 1
    assert refused[0][0] == refused[0][-1]
    assert len(done) == threads - 1


def test_waiting_for_somebody_who_works_is_no_cycle() -> None:
    lock, held, asked = WatchedLock("rates"), threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            asked.wait(60)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        held.wait(60)
        assert not lock.acquire(timeout=0)
        asked.set()
        with lock:
            assert lock.holder is threading.current_thread()


def test_somebody_else_may_not_release_it() -> None:
    lock = WatchedLock("rates")
    with pytest.raises(RuntimeError, match="rates is not yours"):
        lock.release()
    with lock, ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="not yours"):
        pool.submit(lock.release).result(60)


def test_the_graph_names_those_who_wait() -> None:
    lock, waiter = WatchedLock("rates"), threading.Event()

    def wait() -> None:
        waiter.set()
        with lock:
            pass

    thread = threading.Thread(target=wait, name="north")
    with lock:
        thread.start()
        waiter.wait(60)
        while not (graph := wait_graph()):
            threading.Event().wait(0.001)
        assert graph == [Wait("north", "rates", threading.current_thread().name)]
    thread.join(60)
    assert wait_graph() == []
