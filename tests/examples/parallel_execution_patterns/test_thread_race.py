"""``first_success_on``: losers are told to stop and awaited, and no result is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import pytest

from examples.parallel_execution_patterns import thread_race
from examples.parallel_execution_patterns.thread_race import first_success_on


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as pool:
        yield pool


def down(stop: threading.Event) -> str:
    raise ConnectionError("down")


def test_the_first_success_stops_the_rest(pool: ThreadPoolExecutor) -> None:
    both_run = threading.Barrier(2)
    ended: list[str] = []

    def swift(stop: threading.Event) -> str:
        both_run.wait(60)
        return "swift"

    def slow(stop: threading.Event) -> str:
        both_run.wait(60)
        assert stop.wait(60)
        ended.append("slow")
        raise InterruptedError

    assert first_success_on(pool, [down, swift, slow]) == "swift"
    assert ended == ["slow"]


def test_all_failed(pool: ThreadPoolExecutor) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        first_success_on(pool, [down, down])
    assert [str(error) for error in caught.value.exceptions] == ["down", "down"]


def test_what_has_not_started_is_cancelled() -> None:
    ran: list[str] = []

    def late(stop: threading.Event) -> str:
        ran.append("late")
        stop.wait(60)
        return "late"

    with ThreadPoolExecutor(1) as pool:
        answer = first_success_on(pool, [lambda stop: "first", *[late] * 20])
    assert answer == "first"
    assert len(ran) <= 1  # the one that the worker took before it could be cancelled


def test_a_call_that_is_cancelled_by_others_counts_as_failed() -> None:
    began = threading.Barrier(2)
    ended = threading.Event()

    def refuse(stop: threading.Event) -> str:
        began.wait(60)
        assert ended.wait(60)
        raise ConnectionError("down")

    with ThreadPoolExecutor(1) as pool:

        def shut_down() -> None:
            began.wait(60)
            pool.shutdown(wait=False, cancel_futures=True)
            ended.set()

        other = threading.Thread(target=shut_down)

        class Asks(list[Callable[[threading.Event], str]]):
            def __iter__(self) -> Iterator[Callable[[threading.Event], str]]:
                yield from super().__iter__()
                other.start()  # when all are submitted

        with pytest.raises(ExceptionGroup) as caught:
            first_success_on(pool, Asks([refuse, refuse]))
        other.join(60)
    assert sorted(type(error).__name__ for error in caught.value.exceptions) == ["CancelledError", "ConnectionError"]


def test_calls_are_told_to_stop_when_a_later_one_is_not_accepted() -> None:
    told: list[bool] = []
    started = threading.Event()

    def slow(stop: threading.Event) -> str:
        started.set()
        told.append(stop.wait(60))
        return "slow"

    class Full(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if self._threads:
                assert started.wait(60)
                raise RuntimeError("cannot schedule new futures after shutdown")
            return super().submit(fn, *args, **kwargs)

    late: list[str] = []
    with Full(2) as pool, pytest.raises(RuntimeError, match="cannot schedule"):
        first_success_on(pool, [slow, slow], late.append)
    assert told == [True]
    assert late == ["slow"]


def test_a_second_success_is_discarded(pool: ThreadPoolExecutor) -> None:
    both_run = threading.Barrier(2)
    late: list[str] = []

    def swift(stop: threading.Event) -> str:
        both_run.wait(60)
        return "swift"

    def stubborn(stop: threading.Event) -> str:
        both_run.wait(60)
        assert stop.wait(60)
        return "stubborn"

    assert first_success_on(pool, [swift, stubborn], late.append) == "swift"
    assert late == ["stubborn"]


def test_an_interrupt_stops_all(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    started = threading.Event()
    late: list[str] = []

    def slow(stop: threading.Event) -> str:
        started.set()
        assert stop.wait(60)
        return "slow"

    class Interrupted(SimpleQueue[Any]):
        interrupts = 1

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            if self.interrupts:
                self.interrupts -= 1
                assert started.wait(60)
                raise KeyboardInterrupt
            return super().get(block, timeout)

    monkeypatch.setattr(thread_race, "SimpleQueue", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        first_success_on(pool, [slow], late.append)
    assert late == ["slow"]
