"""``bounded()`` returns at its limit whatever the call does, and the reaper keeps the call until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.cancellation_and_timeouts.reaper import Reaper, bounded


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


class Call:
    """A call that answers after *seconds*, and whose cleanup takes *cleanup* seconds and may go wrong."""

    def __init__(self, seconds: float, cleanup: float = 0, error: Exception | None = None) -> None:
        self.seconds, self.cleanup, self.error = seconds, cleanup, error
        self.cancelled_at: list[float] = []

    async def run(self) -> str:
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled_at.append(asyncio.get_running_loop().time())
            await asyncio.sleep(self.cleanup)
            if self.error:
                raise self.error from None
            raise
        if self.error:
            raise self.error
        return "quote"


async def stubborn(seconds: float) -> str:
    """Swallow the first cancellation and answer *seconds* later."""
    try:
        await asyncio.sleep(3_600)
    except asyncio.CancelledError:
        await asyncio.sleep(seconds)
    return "late quote"


def test_an_answer_in_time_is_returned_and_nothing_is_adopted() -> None:
    async def case() -> None:
        lines: list[str] = []
        reaper = Reaper(lines.append)
        assert await bounded(Call(1).run(), 5, reaper, "swift") == "quote"
        assert (reaper.tasks, lines) == (set(), [])

    asyncio.run(case())


def test_an_error_in_time_is_raised_and_nothing_is_adopted() -> None:
    async def case() -> None:
        reaper = Reaper(pytest.fail)
        with pytest.raises(ConnectionError, match="no route"):
            await bounded(Call(1, error=ConnectionError("no route")).run(), 5, reaper, "swift")
        assert reaper.tasks == set()

    asyncio.run(case())


def test_an_answer_at_the_limit_is_returned() -> None:
    async def case() -> None:
        reaper = Reaper(pytest.fail)
        answer = asyncio.get_running_loop().create_future()

        async def call() -> str:
            return str(await answer)

        asyncio.get_running_loop().call_later(5, answer.set_result, "quote")
        assert await bounded(call(), 5, reaper, "swift") == "quote"

    asyncio.run(case())


@pytest.mark.parametrize("cleanup", [0, 10, 600])
def test_the_wait_ends_at_the_limit_however_long_the_cleanup_takes(cleanup: float) -> None:
    async def case() -> None:
        loop = asyncio.get_running_loop()
        lines: list[str] = []
        reaper, call, start = Reaper(lines.append), Call(3_600, cleanup), loop.time()
        with pytest.raises(TimeoutError, match="slow: no answer in 5 s"):
            await bounded(call.run(), 5, reaper, "slow")
        assert loop.time() - start == pytest.approx(5)
        assert [task.get_name() for task in reaper.tasks] == ["slow"]
        assert await reaper.close(grace=1_000) == set()
        assert loop.time() - start == pytest.approx(5 + cleanup)
        assert [when - start for when in call.cancelled_at] == [pytest.approx(5)]
        assert (reaper.tasks, lines) == (set(), ["slow: cancelled"])

    asyncio.run(case())


@pytest.mark.parametrize("how", ["cancel", "timeout"])
def test_a_caller_that_is_cancelled_leaves_the_call_to_the_reaper(how: str) -> None:
    async def case() -> None:
        loop = asyncio.get_running_loop()
        lines: list[str] = []
        reaper, call, start = Reaper(lines.append), Call(3_600, cleanup=10), loop.time()
        caller = asyncio.create_task(
            asyncio.wait_for(bounded(call.run(), 60, reaper, "slow"), 2 if how == "timeout" else None)
        )
        if how == "cancel":
            loop.call_later(2, caller.cancel)
        done, _ = await asyncio.wait([caller], timeout=1_000)
        assert done
        assert loop.time() - start == pytest.approx(2)
        assert caller.cancelled() == (how == "cancel")
        if how == "timeout":
            assert isinstance(caller.exception(), TimeoutError)
        assert len(reaper.tasks) == 1
        await reaper.close(grace=1_000)
        assert lines == ["slow: cancelled"]

    asyncio.run(case())


def test_the_report_tells_how_a_late_call_ended() -> None:
    async def case() -> None:
        lines: list[str] = []
        reaper = Reaper(lines.append)
        calls = {
            "cleaned up": Call(3_600, cleanup=1).run(),
            "went wrong": Call(3_600, cleanup=2, error=ConnectionError("no route")).run(),
            "went on": stubborn(3),
        }
        for name, call in calls.items():
            with pytest.raises(TimeoutError):
                await bounded(call, 0.1, reaper, name)
        assert len(reaper.tasks) == 3
        assert await reaper.close(grace=1_000) == set()
        assert lines == [
            "cleaned up: cancelled",
            "went wrong: failed: ConnectionError('no route')",
            "went on: returned 'late quote'",
        ]

    asyncio.run(case())


def test_close_waits_for_its_grace_and_returns_what_still_runs() -> None:
    async def case() -> None:
        loop = asyncio.get_running_loop()
        lines: list[str] = []
        reaper, start = Reaper(lines.append), loop.time()
        for name, seconds in (("short", 1.0), ("long", 60.0)):
            with pytest.raises(TimeoutError):
                await bounded(stubborn(seconds), 0.5, reaper, name)
        left = await reaper.close(grace=5)
        assert loop.time() - start == pytest.approx(6)
        assert [task.get_name() for task in left] == ["long"]
        assert lines == ["short: returned 'late quote'"]
        assert await reaper.close(grace=1_000) == set()
        assert [task.get_name() for task in left] == ["long"], "the answer of close() does not change later"
        assert lines[1:] == ["long: returned 'late quote'"]

    asyncio.run(case())


def test_close_returns_at_once_when_nothing_is_left() -> None:
    async def case() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        assert await Reaper(pytest.fail).close(grace=60) == set()
        assert loop.time() == start

    asyncio.run(case())
