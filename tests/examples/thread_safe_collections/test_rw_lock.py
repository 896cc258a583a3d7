"""rw_lock: readers share, writers are alone, and a writer that waits goes before new readers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from examples.thread_safe_collections.rw_lock import NaiveReadWriteLock, ReadWriteLock
from examples.thread_safe_collections.told_condition import ToldCondition

BOUND = 30.0  # seconds; every wait ends far sooner, or the test fails


def test_readers_share_it() -> None:
    lock, both_in = ReadWriteLock(), threading.Barrier(2)

    def read() -> None:
        with lock.reading():
            both_in.wait(BOUND)

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(read) for _ in range(2)]:
            future.result(BOUND)


def test_writers_are_alone() -> None:
    lock, rates = ReadWriteLock(), {"swift": 0, "steady": 0}

    def write() -> None:
        for _ in range(200):
            with lock.writing():
                rates["swift"] += 1
                rates["steady"] += 1

    def read() -> None:
        for _ in range(200):
            with lock.reading():
                assert rates["swift"] == rates["steady"]

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(call) for call in (write, read, write, read)]:
            future.result(BOUND)
    assert rates == {"swift": 400, "steady": 400}


def test_a_writer_that_waits_goes_before_a_new_reader() -> None:
    lock, told, order = ReadWriteLock(), ToldCondition(), []
    lock._change = told

    def write() -> None:
        with lock.writing():
            order.append("writer")

    def read() -> None:
        with lock.reading():
            order.append("reader")

    with ThreadPoolExecutor(2) as pool:
        with lock.reading():
            writer = pool.submit(write)
            assert told.waits.acquire(timeout=BOUND)
            reader = pool.submit(read)
            assert told.waits.acquire(timeout=BOUND)
        writer.result(BOUND)
        reader.result(BOUND)
    assert order == ["writer", "reader"]


def test_nobody_is_in_beside_a_writer() -> None:
    lock, told = ReadWriteLock(), ToldCondition()
    lock._change = told

    def write() -> None:
        with lock.writing():
            pass

    def read() -> None:
        with lock.reading():
            pass

    with ThreadPoolExecutor(2) as pool:
        with lock.writing():
            others = [pool.submit(call) for call in (write, read)]
            for _ in others:
                assert told.waits.acquire(timeout=BOUND)
        for other in others:
            other.result(BOUND)


def test_a_writer_that_gives_up_lets_the_readers_behind_it_in() -> None:
    lock, told = ReadWriteLock(), ToldCondition()
    lock._change = told

    def write() -> None:
        with pytest.raises(TimeoutError, match="readers hold"), lock.writing(timeout=0.2):
            raise AssertionError("two at once")

    def read() -> str:
        with lock.reading():
            return "read"

    with ThreadPoolExecutor(2) as pool, lock.reading():
        writer = pool.submit(write)
        assert told.waits.acquire(timeout=BOUND)
        reader = pool.submit(read)  # it waits, unless the writer has gone already
        assert reader.result(BOUND) == "read"
        writer.result(BOUND)


def test_an_error_inside_gives_it_back() -> None:
    lock = ReadWriteLock()
    for side in (lock.reading, lock.writing):
        with pytest.raises(KeyError), side():
            raise KeyError("swift")
    with lock.writing():
        pass


def test_the_naive_one_keeps_its_writer_out() -> None:
    lock, told, wrote = NaiveReadWriteLock(), ToldCondition(), threading.Event()
    lock._change = told

    def write() -> None:
        with lock.writing():
            wrote.set()

    with ThreadPoolExecutor(1) as pool:
        with ExitStack() as before:
            before.enter_context(lock.reading())
            pool.submit(write)
            assert told.waits.acquire(timeout=BOUND)
            for _ in range(10):
                with ExitStack() as now:
                    now.enter_context(lock.reading())
                    before.close()
                    before = now.pop_all()
                assert told.waits.acquire(timeout=BOUND)
                assert not wrote.is_set()
            before.close()
        assert wrote.wait(BOUND)
