"""The exit code says whether all was answered, something was cut off, or a required task has ended."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

import examples
from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.background import Background, Full
from examples.best_practices.service import BROKEN, COMPLETE, CUT_OFF, serve

ROOT = Path(examples.__file__).parents[1]


async def polls() -> None:
    await asyncio.sleep(3600)


async def dies() -> None:
    await asyncio.sleep(5)
    raise ConnectionError("no rates")


async def returns() -> None:
    await asyncio.sleep(5)


async def refuses() -> None:
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.sleep(600)


async def breaks_when_cancelled() -> None:
    try:
        await asyncio.sleep(3600)
    finally:
        raise OSError("disk full")


async def serves(
    order: Coroutine[Any, Any, object], rates: Coroutine[Any, Any, object], stop_after: float | None
) -> tuple[int, float]:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    requests = Background(limit=9, grace=20, cleanup=1)
    requests.start("order", order)
    if stop_after is not None:
        loop.call_later(stop_after, stop.set)
    began = loop.time()
    code = await serve(stop, requests, {"rates": lambda: rates})
    took = loop.time() - began
    with pytest.raises(Full):
        requests.start("late", asyncio.sleep(0))
    return code, took


@pytest.mark.parametrize(
    ("order", "rates", "stop_after", "code", "took"),
    [
        (3, polls, 10, COMPLETE, 10),
        (30, polls, 10, COMPLETE, 30),
        (60, polls, 10, CUT_OFF, 30),
        (7, dies, None, BROKEN, 7),
        (7, returns, None, BROKEN, 7),
        (60, dies, None, BROKEN, 25),
    ],
)
def test_how_it_ends(order: float, rates: Any, stop_after: float | None, code: int, took: float) -> None:
    with virtual_clock():
        ended, seconds = asyncio.run(serves(asyncio.sleep(order), rates(), stop_after))
    assert ended == code
    assert seconds == pytest.approx(took)


def test_a_request_that_fails_when_it_is_cancelled_was_cut_off() -> None:
    with virtual_clock():
        ended, _ = asyncio.run(serves(breaks_when_cancelled(), polls(), 10))
    assert ended == CUT_OFF


def test_tasks_that_refuse_to_end_hold_it_up_for_their_limits_only() -> None:
    with virtual_clock():
        ended, seconds = asyncio.run(serves(refuses(), refuses(), 10))
    assert ended == CUT_OFF
    assert seconds == pytest.approx(10 + 20 + 1 + 1)


def test_cancelled_it_ends_its_tasks() -> None:
    async def case() -> None:
        serving = asyncio.create_task(serves(asyncio.sleep(60), polls(), None))
        await asyncio.sleep(1)
        serving.cancel()
        await asyncio.wait([serving])
        assert serving.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with virtual_clock():
        asyncio.run(case())


@pytest.mark.parametrize(
    ("arguments", "code", "count"),
    [([], COMPLETE, "done"), (["--order=600", "--grace=0.01"], CUT_OFF, "cancelled")],
)
def test_sigterm(arguments: list[str], code: int, count: str) -> None:
    # The watchdog would end it with code 1 too: its limits are far away, and the counts are printed.
    command = [sys.executable, "-m", "examples.best_practices.service", "--cleanup=60", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "serving\n"
        os.kill(child.pid, signal.SIGTERM)
        assert child.stdout.read() == f"counts {{'{count}': 1}}\n"
        assert child.wait(60) == code
