"""``Lazy``: made once, complete when seen, tried again after a failure, and never waiting for itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from examples.thread_safe_collections.lazy import Lazy

SOON = 0.05


class Source:
    """Makes numbered values while the test lets it; its first *failures* calls fail."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.calls = failures, 0
        self.inside, self.go_on = threading.Event(), threading.Event()

    def make(self) -> int:
        self.calls += 1
        number = self.calls
        self.inside.set()
        assert self.go_on.wait(60)
        if number <= self.failures:
            raise ConnectionError(f"call {number}")
        return number


def test_threads_that_come_at_once_share_one_call() -> None:
    source = Source()
    value = Lazy(source.make)
    with ThreadPoolExecutor(4) as pool:
        got = [pool.submit(value.get) for _ in range(4)]
        assert source.inside.wait(60)
        assert not wait(got, SOON).done
        source.go_on.set()
        assert [each.result(60) for each in got] == [1, 1, 1, 1]
    assert (value.get(), source.calls) == (1, 1)


def test_nothing_is_made_before_it_is_needed() -> None:
    source = Source()
    Lazy(source.make)
    assert source.calls == 0


def test_none_is_a_value() -> None:
    calls: list[int] = []
    value: Lazy[None] = Lazy(lambda: calls.append(1))
    results = [value.get(), value.get()]
    assert results == [None, None]
    assert calls == [1]


def test_after_a_failure_the_next_caller_tries_again() -> None:
    source = Source(failures=1)
    source.go_on.set()
    value = Lazy(source.make)
    with pytest.raises(ConnectionError):
        value.get()
    assert (value.get(), value.get(), source.calls) == (2, 2, 2)


def test_a_waiting_thread_takes_over_after_a_failure() -> None:
    source = Source(failures=1)
    value = Lazy(source.make)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(value.get)
        assert source.inside.wait(60)
        second = pool.submit(value.get)
        source.go_on.set()
        with pytest.raises(ConnectionError):
            first.result(60)
        assert second.result(60) == 2


def test_a_value_that_needs_itself_is_refused() -> None:
    value: Lazy[int] = Lazy(lambda: value.get())
    with pytest.raises(RuntimeError, match="its own value"):
        value.get()
