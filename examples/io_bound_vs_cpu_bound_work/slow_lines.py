"""Report lines of chosen functions that hold up an event loop (3.12 and newer)."""

from __future__ import annotations

import linecache
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any

monitoring: Any = getattr(sys, "monitoring", None)  # None on 3.11


@contextmanager
def slow_lines(
    limit: float,
    *functions: FunctionType,
    report: Callable[[str], object] = print,
) -> Iterator[None]:
    """Report lines that run for over *limit* seconds in one go."""
    codes = {function.__code__ for function in functions}

    # region callbacks
    at: list[tuple[CodeType, int, float]] = []  # the line that runs

    def leave(code: CodeType, *_: object) -> None:
        if code in codes and at:
            begun, number, since = at.pop()
            if time.perf_counter() - since > limit:
                line = linecache.getline(begun.co_filename, number)
                report(f"{begun.co_name}: {line.strip()}")

    def enter(code: CodeType, number: int) -> None:
        leave(code)
        at.append((code, number, time.perf_counter()))

    # endregion callbacks

    events, tool = monitoring.events, monitoring.PROFILER_ID
    ends = "PY_YIELD", "PY_RETURN", "PY_UNWIND"
    monitoring.use_tool_id(tool, "slow lines")
    try:
        monitoring.register_callback(tool, events.LINE, enter)
        for name in ends:
            event = getattr(events, name)
            monitoring.register_callback(tool, event, leave)
        monitoring.set_events(tool, events.PY_UNWIND)
        for code in codes:
            monitoring.set_local_events(
                tool,
                code,
                events.LINE | events.PY_YIELD | events.PY_RETURN,
            )
        yield
    finally:
        for code in codes:
            monitoring.set_local_events(tool, code, 0)
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)
