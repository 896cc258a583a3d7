"""slow_lines: it names the line that holds up the loop, and no line that waits."""

from __future__ import annotations

import asyncio
import sys
import time
from types import FunctionType
from typing import Any

import pytest

from examples.io_bound_vs_cpu_bound_work.slow_lines import slow_lines

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is new in 3.12")

LIMIT = 0.1


def block() -> None:
    """Hold up the thread for longer than the limit."""
    time.sleep(2 * LIMIT)


async def waits() -> None:
    """Give the loop back for longer than the limit."""
    await asyncio.sleep(2 * LIMIT)


async def blocks() -> None:
    """Block in one line of three."""
    await waits()
    block()
    await asyncio.sleep(0)


async def fails() -> None:
    """Raise; what follows outside must not be charged to this line."""
    raise LookupError


async def calls() -> None:
    """Await another function that is watched."""
    await blocks()


def reported(call: Any, *functions: Any) -> list[str]:
    """What is reported while *call* runs."""
    found: list[str] = []
    watched = [each for each in functions if isinstance(each, FunctionType)]
    with slow_lines(LIMIT, *watched, report=found.append):
        asyncio.run(call())
    return found


def test_a_line_that_blocks_is_named() -> None:
    """And the line that waits before it is not."""
    assert reported(blocks, blocks) == ["blocks: block()"]


def test_only_chosen_functions_are_watched() -> None:
    """The caller's `await` ends where the watched callee begins."""
    assert reported(calls, waits) == []
    assert reported(calls, calls, blocks) == ["blocks: block()"]


def test_a_line_that_raises_ends_there() -> None:
    """The time after it belongs to others."""

    async def scenario() -> None:
        with pytest.raises(LookupError):
            await fails()
        block()
        await waits()

    assert reported(scenario, fails, waits) == []


def test_the_tool_is_free_again() -> None:
    """After an error too."""
    monitoring: Any = getattr(sys, "monitoring", None)

    async def scenario() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        reported(scenario, blocks)
    assert monitoring.get_tool(monitoring.PROFILER_ID) is None
