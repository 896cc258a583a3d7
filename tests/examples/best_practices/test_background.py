"""``Background`` is bounded, counts and logs each end, and its end takes no longer than its two limits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.background import Background, Full


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


async def works(seconds: float, error: Exception | None = None) -> None:
    await asyncio.sleep(seconds)
    if error:
        raise error


async def refuses_to_end(let_go: asyncio.Event) -> None:
    while not let_go.is_set():
        try:
            await let_go.wait()
        except asyncio.CancelledError:
            continue


def test_it_refuses_at_the_limit_and_takes_again_when_one_has_ended() -> None:
    async def case() -> None:
        async with Background(limit=2) as background:
            background.start("first", works(1))
            background.start("second", works(5))
            with pytest.raises(Full, match="third: 2 tasks run"):
                background.start("third", works(1))
            await asyncio.sleep(2)
            background.start("fourth", works(1))
        assert background.counts == {"done": 3, "refused": 1}

    asyncio.run(case())


def test_a_failure_is_logged_with_its_name_and_leaves_the_others_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def case() -> None:
        async with Background(limit=2) as background:
            background.start("save-rate", works(1, ValueError("no rate")))
            background.start("save-label", works(3))
        assert background.counts == {"failed": 1, "done": 1}

    asyncio.run(case())
    (record,) = caplog.records
    assert (record.getMessage(), record.levelno) == ("save-rate: failed", logging.ERROR)
    assert record.exc_info is not None
    assert repr(record.exc_info[1]) == "ValueError('no rate')"


def test_what_does_not_end_in_the_grace_is_cancelled() -> None:
    async def case() -> None:
        loop = asyncio.get_running_loop()
        async with Background(limit=9, grace=5) as background:
            background.start("quick", works(3))
            background.start("slow", works(60))
            began = loop.time()
        assert loop.time() - began == pytest.approx(5)
        assert background.counts == {"done": 1, "cancelled": 1}
        assert (background.left, background.cut_off) == (set(), 1)

    asyncio.run(case())


def test_a_task_that_refuses_to_end_is_named_and_does_not_hold_up_the_end(caplog: pytest.LogCaptureFixture) -> None:
    async def case() -> None:
        loop, let_go = asyncio.get_running_loop(), asyncio.Event()
        async with Background(limit=9, grace=5, cleanup=1) as background:
            background.start("stubborn", refuses_to_end(let_go))
            await asyncio.sleep(1)
            began = loop.time()
        assert loop.time() - began == pytest.approx(6)
        (stubborn,) = background.left
        let_go.set()
        await stubborn

    asyncio.run(case())
    assert "stubborn: does not end" in caplog.text


def test_a_second_cancellation_leaves_none_unnamed(caplog: pytest.LogCaptureFixture) -> None:
    async def case() -> None:
        background, let_go = Background(limit=9, grace=30, cleanup=30), asyncio.Event()

        async def owner() -> None:
            async with background:
                background.start("stubborn", refuses_to_end(let_go))

        owning = asyncio.create_task(owner())
        for _ in range(2):
            await asyncio.sleep(1)
            owning.cancel()
        await asyncio.wait([owning])
        (stubborn,) = background.left
        let_go.set()
        await stubborn

    asyncio.run(case())
    assert "stubborn: does not end" in caplog.text


def test_once_closed_it_refuses() -> None:
    async def case() -> None:
        async with Background(limit=9) as background:
            pass
        with pytest.raises(Full, match="late: 0 tasks run"):
            background.start("late", works(1))

    asyncio.run(case())


def test_cancelled_while_it_drains_it_ends_the_tasks_at_once() -> None:
    async def case() -> None:
        background = Background(limit=9, grace=30)

        async def owner() -> None:
            async with background:
                background.start("slow", works(60))

        owning = asyncio.create_task(owner())
        await asyncio.sleep(1)
        owning.cancel()
        await asyncio.wait([owning])
        assert owning.cancelled()
        assert (background.running, background.counts["cancelled"]) == (set(), 1)

    asyncio.run(case())
