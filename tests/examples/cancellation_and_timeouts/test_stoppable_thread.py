"""run_stoppable: what a caller sees, and what the thread does, when the caller is cancelled."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading

import pytest

from examples.cancellation_and_timeouts.stoppable_thread import main, run_stoppable

BOUND = 30.0  # seconds; every wait ends far sooner, or the test fails


async def until_set(event: threading.Event) -> None:
    """Wait for *event* in a thread, so that the loop stays free."""
    assert await asyncio.to_thread(event.wait, BOUND)


def test_result_and_exception_reach_the_caller() -> None:
    """Without a cancellation it behaves like to_thread."""
    assert asyncio.run(run_stoppable(lambda stop, cents: cents + 10, 840)) == 850
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_stoppable(lambda stop, cents: cents // 0, 840))


def test_the_context_is_copied() -> None:
    """The thread sees the caller's context variables, as under to_thread."""
    order: contextvars.ContextVar[str] = contextvars.ContextVar("order")

    async def scenario() -> str:
        order.set("A-17")
        return await run_stoppable(lambda stop: order.get())

    assert asyncio.run(scenario()) == "A-17"


def test_cancellation_stops_the_thread_before_it_reaches_the_caller() -> None:
    """The thread has done its last work by the time the caller sees CancelledError."""
    log: list[str] = []
    started = threading.Event()

    def work(stop: threading.Event) -> None:
        started.set()
        assert stop.wait(BOUND)
        log.append("thread ended")

    async def scenario() -> None:
        task = asyncio.create_task(run_stoppable(work))
        await until_set(started)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        log.append("caller cancelled")

    asyncio.run(scenario())
    assert log == ["thread ended", "caller cancelled"]


def test_a_second_cancellation_does_not_leave_the_thread_behind() -> None:
    """Further cancellations within the grace period do not cut the wait short."""
    started, stopping, release = threading.Event(), threading.Event(), threading.Event()

    def work(stop: threading.Event) -> None:
        started.set()
        assert stop.wait(BOUND)
        stopping.set()
        assert release.wait(BOUND)

    async def scenario() -> None:
        task = asyncio.create_task(run_stoppable(work, grace=BOUND))
        await until_set(started)
        task.cancel()
        await until_set(stopping)
        task.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not task.done()
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())


def test_the_grace_period_bounds_a_function_that_ignores_its_stop(caplog: pytest.LogCaptureFixture) -> None:
    """After the grace period the caller is cancelled all the same, and the log names the function."""
    started, release = threading.Event(), threading.Event()

    def deaf(stop: threading.Event) -> None:
        started.set()
        assert release.wait(BOUND)

    async def scenario() -> None:
        task = asyncio.create_task(run_stoppable(deaf, grace=0.01))
        try:
            await until_set(started)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        finally:
            release.set()

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert "still runs 0.01 s after its stop" in caplog.text


def test_an_exception_while_stopping_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """CancelledError wins; the exception of the thread goes to the log."""
    started = threading.Event()

    def work(stop: threading.Event) -> None:
        started.set()
        assert stop.wait(BOUND)
        raise OSError("carrier hung up")

    async def scenario() -> None:
        task = asyncio.create_task(run_stoppable(work))
        await until_set(started)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert "failed while stopping" in caplog.text
    assert "carrier hung up" in caplog.text


def test_main(capsys: pytest.CaptureFixture[str]) -> None:
    """The program prints what the page shows."""
    asyncio.run(main())
    assert capsys.readouterr().out == "all booked\ntimed out; booked since then: 0\n"
