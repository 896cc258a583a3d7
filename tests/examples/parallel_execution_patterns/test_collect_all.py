"""``collect`` and ``collect_calls``: all run, results and errors are kept by item."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns.collect_all import Outcomes, collect, collect_calls, price


@pytest.fixture
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


async def label(seconds: int) -> str:
    await asyncio.sleep(seconds)
    if seconds == 13:
        raise ConnectionError("no printer")
    return f"label {seconds}"


@pytest.mark.usefixtures("clock")
def test_outcomes_have_the_order_of_the_items() -> None:
    outcomes = asyncio.run(collect(label, [30, 13, 1]))
    assert list(outcomes.values.items()) == [(30, "label 30"), (1, "label 1")]
    assert list(map(repr, outcomes.errors.values())) == ["ConnectionError('no printer')"]


@pytest.mark.usefixtures("clock")
def test_nothing_to_collect() -> None:
    assert asyncio.run(collect(label, [])).check() == {}


@pytest.mark.usefixtures("clock")
def test_a_cancelled_caller_ends_all_items() -> None:
    ended: list[int] = []

    async def slow(item: int) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(1)
            ended.append(item)

    async def case() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await collect(slow, [1, 2])
        assert sorted(ended) == [1, 2]

    asyncio.run(case())


@pytest.mark.usefixtures("clock")
def test_what_an_item_awaits_may_be_cancelled() -> None:
    async def case() -> None:
        rates = asyncio.create_task(asyncio.sleep(30))

        async def use(item: int) -> int:
            if item == 1:
                await rates
            return item

        asyncio.get_running_loop().call_later(1, rates.cancel)
        outcomes = await collect(use, [1, 2])
        assert outcomes.values == {2: 2}
        assert isinstance(outcomes.errors[1].__cause__, asyncio.CancelledError)

    asyncio.run(case())


@pytest.mark.usefixtures("clock")
def test_what_is_no_exception_ends_all() -> None:
    async def interrupt(item: int) -> None:
        if item == 1:
            raise SystemExit(3)
        await asyncio.sleep(30)

    with pytest.raises(SystemExit):
        asyncio.run(collect(interrupt, [1, 2]))


def test_check_raises_below_the_least_number() -> None:
    outcomes = Outcomes({"swift": 990, "steady": 840}, {"down": ConnectionError("down")})
    assert outcomes.check(least=2) == {"swift": 990, "steady": 840}
    with pytest.raises(ExceptionGroup, match="1 of 3 failed"):
        outcomes.check(least=3)
    with pytest.raises(ExceptionGroup):
        outcomes.check()
    assert outcomes.errors["down"].__notes__ == ["failed: 'down'"]  # once


def test_an_error_that_items_share_is_raised_once() -> None:
    class Unhashable(Exception):
        __hash__ = None  # type: ignore[assignment]

    broken = Unhashable()
    outcomes: Outcomes[int, int] = Outcomes({}, {1: broken, 2: broken})
    with pytest.raises(ExceptionGroup, match="2 of 2 failed") as caught:
        outcomes.check()
    assert caught.value.exceptions == (broken,)
    assert broken.__notes__ == ["failed: 1, 2"]


def test_calls_on_threads() -> None:
    with ThreadPoolExecutor(2) as pool:
        outcomes = collect_calls(pool, price, [900, 40_000, 2500])
    assert outcomes.values == {900: 420, 2500: 1260}
    assert outcomes.errors[40_000].__notes__ == ["40000 g, of 30000 g at most"]


def test_calls_on_a_pool_that_breaks() -> None:
    class Broken(ThreadPoolExecutor):
        error = BrokenExecutor("gone")

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            call: Future[Any] = Future()
            call.set_exception(self.error)
            return call

    with Broken(1) as pool:
        outcomes = collect_calls(pool, price, [1, 2])
    with pytest.raises(ExceptionGroup) as caught:
        outcomes.check()
    assert caught.value.exceptions == (Broken.error,)


def test_a_pool_that_breaks_while_calls_are_submitted() -> None:
    class Broken(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if args == (2,):
                raise BrokenExecutor("gone")
            return super().submit(fn, *args, **kwargs)

    def cheap(grams: int) -> int:
        if grams == 3:
            raise ValueError("zone")
        return grams

    with Broken(1) as pool:
        outcomes = collect_calls(pool, cheap, [1, 3, 2])
    assert outcomes.values == {1: 1}
    assert [(item, type(error)) for item, error in outcomes.errors.items()] == [(3, ValueError), (2, BrokenExecutor)]


def test_an_interrupt_cancels_what_has_not_started() -> None:
    ran: list[int] = []
    release = threading.Event()

    def job(item: int) -> None:
        ran.append(item)
        if item == 0:
            raise KeyboardInterrupt
        release.wait(60)

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            collect_calls(pool, job, range(10))
        release.set()
    assert len(ran) <= 2  # the one that was interrupted, and the one that its worker took next


def test_calls_on_processes_keep_notes_and_the_remote_traceback() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        outcomes = collect_calls(pool, price, [900, 40_000])
    error = outcomes.errors[40_000]
    assert error.__notes__ == ["40000 g, of 30000 g at most"]
    assert "in price" in str(error.__cause__)
