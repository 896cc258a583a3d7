"""loop_watchdog: it reports a stuck loop, once, with the place, and never a free one."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import cast

import pytest

from examples.io_bound_vs_cpu_bound_work.loop_watchdog import LoopWatchdog, log_stack, main

BOUND = 30.0  # seconds; every wait ends far sooner, or the test fails


def names(frame: FrameType | None) -> list[str]:
    """The functions of a stack, innermost first."""
    found = []
    while frame is not None:
        found.append(frame.f_code.co_name)
        frame = frame.f_back
    return found


def hold_up(released: threading.Event) -> None:
    """Block the calling thread until *released* is set."""
    assert released.wait(BOUND)


def test_a_stuck_loop_is_reported_while_it_is_stuck() -> None:
    """The report itself ends the block, so it came before the end, and it names the function."""
    released = threading.Event()
    stacks: list[list[str]] = []

    def report(frame: FrameType) -> None:
        stacks.append(names(frame))
        released.set()

    async def scenario() -> None:
        async with LoopWatchdog(limit=0.02, report=report):
            hold_up(released)

    asyncio.run(scenario())
    assert len(stacks) == 1
    assert "hold_up" in stacks[0]
    assert stacks[0].index("hold_up") < stacks[0].index("scenario")


def test_each_block_is_reported_once() -> None:
    """Two blocks, two reports, however long each is."""
    blocks = [threading.Event(), threading.Event()]
    reported: list[int] = []

    def report(frame: FrameType) -> None:
        blocks[len(reported)].set()
        reported.append(len(reported))

    async def scenario() -> None:
        async with LoopWatchdog(limit=0.02, report=report):
            for released in blocks:
                hold_up(released)
                await asyncio.sleep(0.01)  # the answer to the watchdog

    asyncio.run(scenario())
    assert reported == [0, 1]


class PromptLoop:
    """Answers at once, and ends the watchdog after five beats."""

    def __init__(self) -> None:
        self.asked = 0
        self.watchdog: LoopWatchdog | None = None

    def call_soon_threadsafe(self, callback: Callable[[], object]) -> None:
        """Run *callback* without delay."""
        self.asked += 1
        if self.asked == 5 and self.watchdog:
            self.watchdog._stop.set()
        callback()


def test_a_loop_that_answers_is_not_reported() -> None:
    """It is asked again after each limit, and that is all."""
    reports: list[FrameType] = []
    loop = PromptLoop()
    loop.watchdog = LoopWatchdog(limit=0.001, report=reports.append)
    loop.watchdog._watch(cast(asyncio.AbstractEventLoop, loop), threading.get_ident())
    assert loop.asked == 5
    assert reports == []


def test_the_thread_ends_when_the_block_raises() -> None:
    """No thread is left behind."""

    async def scenario() -> None:
        async with LoopWatchdog(limit=0.01):
            raise LookupError

    before = threading.active_count()
    with pytest.raises(LookupError):
        asyncio.run(scenario())
    assert threading.active_count() == before


def test_the_default_report_is_a_log_record(caplog: pytest.LogCaptureFixture) -> None:
    """The stack goes to the log as a warning."""
    with caplog.at_level(logging.WARNING):
        log_stack(sys._getframe())
    assert "the event loop is stuck" in caplog.text
    assert "in test_the_default_report_is_a_log_record" in caplog.text


def test_main(caplog: pytest.LogCaptureFixture) -> None:
    """The program reports its blocking function."""
    with caplog.at_level(logging.WARNING):
        asyncio.run(main())
    assert "in load_rates" in caplog.text
