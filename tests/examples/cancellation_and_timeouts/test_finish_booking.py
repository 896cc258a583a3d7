"""``finish()``: critical work is completed, and the cancellation of its caller is never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.cancellation_and_timeouts.finish_booking import finish, main, order


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


class Booking:
    """Work that notes how it went."""

    def __init__(self, seconds: float, error: Exception | None = None, cleanup: float = 0) -> None:
        self.seconds, self.error, self.cleanup = seconds, error, cleanup
        self.log: list[str] = []

    async def run(self) -> str:
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            await asyncio.sleep(self.cleanup)
            self.log.append("cancelled")
            raise
        if self.error:
            raise self.error
        self.log.append("booked")
        return "label"


async def cancelled_at(times: list[float], work: Coroutine[Any, Any, str]) -> tuple[asyncio.Task[str], float]:
    """Run *work* in a task, cancel it at each of *times*, and return it with the seconds that it took."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    caller = asyncio.create_task(work)
    for when in times:
        loop.call_later(when, caller.cancel)
    done, _ = await asyncio.wait([caller], timeout=1_000)
    assert done, "finish() never ended"
    return caller, loop.time() - start


def reports_of_loop() -> list[dict[str, Any]]:
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
    return reports


def test_without_a_cancellation_the_result_is_returned() -> None:
    assert asyncio.run(finish(Booking(3).run(), grace=5)) == "label"


def test_without_a_cancellation_an_exception_is_raised() -> None:
    with pytest.raises(RuntimeError, match="declined"):
        asyncio.run(finish(Booking(3, RuntimeError("declined")).run(), grace=5))


@pytest.mark.parametrize("times", [[1.0], [1.0, 1.5], [1.0, 1.0, 1.5, 2.0]])
def test_cancelled_once_or_more_the_work_is_completed_and_the_caller_cancelled(times: list[float]) -> None:
    async def case() -> None:
        booking = Booking(3)
        caller, took = await cancelled_at(times, finish(booking.run(), grace=5))
        assert caller.cancelled()
        assert caller.cancelling() == len(times)
        assert booking.log == ["booked"]
        assert took == pytest.approx(3)

    asyncio.run(case())


def test_the_grace_counts_from_the_first_cancellation() -> None:
    async def case() -> None:
        booking = Booking(60)
        caller, took = await cancelled_at([1, 3, 5], finish(booking.run(), grace=5))
        assert caller.cancelled()
        assert booking.log == ["cancelled"]
        assert took == pytest.approx(6)

    asyncio.run(case())


def test_the_cleanup_of_cancelled_work_is_awaited_and_not_interrupted() -> None:
    async def case() -> None:
        booking = Booking(60, cleanup=10)
        caller, took = await cancelled_at([1, 7, 8], finish(booking.run(), grace=5))
        assert caller.cancelled()
        assert booking.log == ["cancelled"]
        assert took == pytest.approx(16)

    asyncio.run(case())


def test_no_grace_cancels_the_work_at_once() -> None:
    async def case() -> None:
        booking = Booking(60)
        _, took = await cancelled_at([1], finish(booking.run(), grace=0))
        assert booking.log == ["cancelled"]
        assert took == pytest.approx(1)

    asyncio.run(case())


def test_an_exception_after_the_cancellation_is_reported_and_does_not_replace_it() -> None:
    async def case() -> None:
        reports = reports_of_loop()
        error = RuntimeError("declined")
        caller, _ = await cancelled_at([1], finish(Booking(3, error).run(), grace=5))
        assert caller.cancelled()
        assert [report["exception"] for report in reports] == [error]

    asyncio.run(case())


@pytest.mark.parametrize("error", [None, RuntimeError("declined")])
def test_cancelled_in_the_turn_in_which_the_work_ends(error: Exception | None) -> None:
    async def case() -> None:
        reports = reports_of_loop()
        go = asyncio.Event()

        async def work() -> str:
            await go.wait()
            if error:
                raise error
            return "label"

        caller = asyncio.create_task(finish(work(), grace=5))
        await asyncio.sleep(1)
        go.set()
        await asyncio.sleep(0)  # work() ends in this turn, and its caller learns of it in the next
        caller.cancel()
        await asyncio.wait([caller], timeout=1_000)
        assert caller.cancelled()
        assert [report["exception"] for report in reports] == ([error] if error else [])

    asyncio.run(case())


def test_work_that_is_cancelled_from_elsewhere_cancels_its_caller() -> None:
    async def case() -> None:
        async def work() -> str:
            raise asyncio.CancelledError

        caller, took = await cancelled_at([], finish(work(), grace=5))
        assert caller.cancelled()
        assert caller.cancelling() == 0
        assert took == pytest.approx(0)

    asyncio.run(case())


def test_nested_timeouts_each_recognise_their_own_cancellation() -> None:
    async def case() -> None:
        booking = Booking(3)
        inner, outer = asyncio.timeout(1), asyncio.timeout(1.5)

        async def late() -> None:
            async with outer, inner:
                await finish(booking.run(), grace=5)

        with pytest.raises(TimeoutError):
            await late()
        current = asyncio.current_task()
        assert current is not None
        assert (inner.expired(), outer.expired(), current.cancelling()) == (True, True, 0)
        assert booking.log == ["booked"]

    asyncio.run(case())


def test_no_task_is_left_behind() -> None:
    async def case() -> None:
        for seconds in (3, 60):
            await cancelled_at([1], finish(Booking(seconds).run(), grace=5))
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(case())


def test_an_order_in_time_is_booked_and_a_late_one_is_booked_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert asyncio.run(order("swift", deadline=30)) == ["swift-1"]
    assert "booked swift-1" in capsys.readouterr().out
    assert asyncio.run(order("steady", deadline=1.5)) == ["steady-1"]
    assert "too late for the shop" in capsys.readouterr().out


def test_the_program_prints_both_orders(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    assert capsys.readouterr().out.splitlines() == [
        "charged by swift",
        "booked swift-1",
        "['swift-1']",
        "charged by steady",
        "too late for the shop",
        "['steady-1']",
    ]
