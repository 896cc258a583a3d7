"""A cleanup runs to its end through further cancellations, and no longer than its limit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.bounded_cleanup import clean_up, late


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


async def request(cleanup_takes: float, limit: float, log: list[str], error: Exception | None = None) -> None:
    async def void() -> None:
        await asyncio.sleep(cleanup_takes)
        if error:
            raise error
        log.append("void")

    try:
        await asyncio.sleep(60)
    finally:
        await clean_up("void", void(), limit)


@pytest.mark.parametrize("cancels", [1, 2, 5])
def test_further_cancellations_do_not_cut_it_short(cancels: int) -> None:
    async def case() -> None:
        log: list[str] = []
        task = asyncio.create_task(request(3, 5, log))
        for _ in range(cancels):
            await asyncio.sleep(0.5)
            task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert log == ["void"]

    asyncio.run(case())


def test_the_limit_holds_from_its_start_whatever_is_cancelled_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    async def case() -> None:
        loop, log = asyncio.get_running_loop(), list[str]()
        task = asyncio.create_task(request(3600, 5, log))
        await asyncio.sleep(1)
        task.cancel()
        began = loop.time()
        await asyncio.sleep(3)
        task.cancel()
        await asyncio.wait([task])
        assert loop.time() - began == pytest.approx(5)
        assert task.cancelled()
        await asyncio.sleep(0)
        assert (log, late) == ([], set())

    asyncio.run(case())
    assert caplog.messages == ["void: not done in 5 s, cancelled"]


def test_its_failure_is_logged_and_does_not_replace_the_cancellation(caplog: pytest.LogCaptureFixture) -> None:
    async def case() -> None:
        task = asyncio.create_task(request(1, 5, [], OSError("peer is gone")))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(case())
    assert caplog.messages == ["void: failed"]


def test_the_end_of_run_cuts_it_short_and_that_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    log: list[str] = []

    async def case() -> asyncio.Task[None]:
        task = asyncio.create_task(request(3, 5, log))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.sleep(1)
        return task

    assert asyncio.run(case()).cancelled()
    assert (log, caplog.messages) == ([], ["void: cut short"])


def test_without_a_cancellation_it_is_a_call_with_a_limit() -> None:
    async def case() -> None:
        log: list[str] = []
        await clean_up("sleep", asyncio.sleep(1), 5)
        assert log == []

    asyncio.run(case())
