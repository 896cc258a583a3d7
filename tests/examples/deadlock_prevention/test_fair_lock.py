"""FairLock: it excludes, keeps the order of asking, and a waiter that gives up leaves no hole."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples.deadlock_prevention.fair_lock import FairLock


def waiting(lock: FairLock) -> int:
    with lock._guard:
        return len(lock._waiting)


def queue_up(lock: FairLock, names: list[str], order: list[str]) -> list[threading.Thread]:
    """Let a thread for each of *names* wait, one behind the other."""
    threads = []

    def take(name: str) -> None:
        with lock:
            order.append(name)

    for number, name in enumerate(names, start=1):
        threads.append(threading.Thread(target=take, args=(name,)))
        threads[-1].start()
        while waiting(lock) < number:
            threading.Event().wait(0.001)
    return threads


def test_it_excludes() -> None:
    lock, sold = FairLock(), [0]

    def sell(_: int) -> None:
        for _ in range(200):
            with lock:
                sold[0] += 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sell, range(4)))
    assert sold == [800]
    assert lock.acquire(timeout=0)


def test_those_who_wait_come_in_the_order_of_asking_and_before_the_releaser() -> None:
    lock, order = FairLock(), list[str]()
    lock.acquire()
    threads = queue_up(lock, ["first", "second", "third"], order)
    lock.release()
    with lock:  # asked last
        order.append("releaser")
    for thread in threads:
        thread.join(60)
    assert order == ["first", "second", "third", "releaser"]


def test_one_who_gives_up_leaves_no_hole() -> None:
    lock, order = FairLock(), list[str]()
    lock.acquire()
    assert not lock.acquire(timeout=0)
    threads = queue_up(lock, ["patient"], order)
    lock.release()
    threads[0].join(60)
    assert order == ["patient"]
    assert lock.acquire(timeout=0)


def test_a_hand_over_at_the_last_moment_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait has timed out, and before the waiter leaves the queue the lock is handed to it."""
    lock = FairLock()
    lock.acquire()

    def late(event: threading.Event, timeout: float | None = None) -> bool:
        lock.release()
        return False

    monkeypatch.setattr(threading.Event, "wait", late)
    assert lock.acquire(timeout=30)
    lock.release()
    assert lock.acquire(timeout=0)


@pytest.mark.parametrize("handed_over", [False, True])
def test_a_wait_that_is_interrupted_leaves_no_hole(monkeypatch: pytest.MonkeyPatch, handed_over: bool) -> None:
    lock = FairLock()
    lock.acquire()

    def interrupted(event: threading.Event, timeout: float | None = None) -> bool:
        if handed_over:
            lock.release()
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Event, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lock.acquire()
    if not handed_over:
        lock.release()
    assert lock.acquire(timeout=0)


def test_a_free_lock_can_not_be_released() -> None:
    with pytest.raises(RuntimeError, match="release unlocked lock"):
        FairLock().release()
