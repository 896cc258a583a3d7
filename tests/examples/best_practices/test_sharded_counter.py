"""Nothing is lost, threads that ended are remembered and forgotten, and the lock is rare."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

from examples.best_practices.sharded_counter import ShardedCounter


class CountedLock:
    def __init__(self) -> None:
        self.lock, self.uses = threading.Lock(), 0

    def __enter__(self) -> None:
        self.lock.acquire()
        self.uses += 1

    def __exit__(self, *error: object) -> None:
        self.lock.release()


def in_threads(number: int, work: Callable[[], None]) -> None:
    start = threading.Barrier(number)

    def run() -> None:
        start.wait(60)
        work()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def counting(counter: ShardedCounter, times: int) -> Callable[[], None]:
    def work() -> None:
        for _ in range(times):
            counter.count("swift")

    return work


def test_nothing_is_lost() -> None:
    counter = ShardedCounter()

    def work() -> None:
        for _ in range(500):
            counter.count("swift")
            counter.count("slow")

    in_threads(4, work)
    assert counter.total() == {"swift": 2000, "slow": 2000}


def test_a_reader_meets_writers_and_never_sees_less() -> None:
    counter, done = ShardedCounter(), threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            seen.append(counter.total()["swift"])

    reader = threading.Thread(target=read)
    reader.start()
    in_threads(2, counting(counter, 500))
    done.set()
    reader.join()
    assert seen == sorted(seen)
    assert counter.total()["swift"] == 1000


def test_the_parts_of_ended_threads_are_folded() -> None:
    counter = ShardedCounter()
    for _ in range(50):
        in_threads(1, lambda: counter.count("swift"))
    gc.collect()
    assert counter.total() == {"swift": 50}
    assert counter._parts == []


def test_the_lock_is_taken_once_a_thread_and_once_a_reading() -> None:
    lock = CountedLock()
    counter = ShardedCounter(lock)
    in_threads(4, counting(counter, 100))
    assert lock.uses == 4
    assert counter.total() == {"swift": 400}
    assert lock.uses == 5
