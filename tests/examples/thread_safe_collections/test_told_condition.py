"""told_condition: who is told that a thread waits finds it waiting."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples.thread_safe_collections.told_condition import ToldCondition

BOUND = 30.0  # seconds; every wait ends far sooner, or the test fails


@pytest.mark.parametrize("lock", [None, threading.Lock()])
def test_a_notification_after_the_telling_arrives(lock: threading.Lock | None) -> None:
    condition = ToldCondition(lock)

    def wait() -> bool:
        with condition:
            return condition.wait(BOUND)

    with ThreadPoolExecutor(1) as pool:
        for _ in range(20):
            waiting = pool.submit(wait)
            assert condition.waits.acquire(timeout=BOUND)
            with condition:
                condition.notify()
            assert waiting.result(BOUND)


def test_wait_for_tells_each_time_that_it_waits_again() -> None:
    condition = ToldCondition()
    ready: list[str] = []

    def wait() -> list[str]:
        with condition:
            condition.wait_for(lambda: ready, BOUND)
            return ready

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        for _ in range(3):
            assert condition.waits.acquire(timeout=BOUND)
            with condition:
                condition.notify()
        assert condition.waits.acquire(timeout=BOUND)
        with condition:
            ready.append("A1")
            condition.notify()
        assert waiting.result(BOUND) == ["A1"]


def test_a_time_limit_stays() -> None:
    condition = ToldCondition()
    with condition:
        assert not condition.wait(0.001)
