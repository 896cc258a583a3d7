"""Stop a thread in front of one bytecode, and let another thread run there: the same interleaving each time."""

from __future__ import annotations

import dis
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any


# region interleave
def interleave(
    first: Callable[[], object],
    before: str,
    second: Callable[[], object],
    patience: float = 30.0,
) -> bool:
    """Run *second* when *first* is about to do *before*.

    *before* is an opcode, with or without its argument.
    False: *second* had not ended after *patience* seconds.
    """
    code = dis.Bytecode(first)
    stops = set()
    for step in code:
        name = f"{step.opname} {step.argval}"
        if before in (step.opname, name):
            stops.add(step.offset)
    if not stops:
        raise ValueError(f"no {before} here:\n{code.dis()}")
    reached, ended = threading.Event(), threading.Event()
    overtaken: list[bool] = []

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code is not code.codeobj:
            return None  # a function that *first* calls
        frame.f_trace_opcodes = True
        here = event == "opcode" and frame.f_lasti in stops
        if here and not reached.is_set():
            reached.set()
            overtaken.append(ended.wait(patience))
        return trace

    def run_first() -> None:
        sys._getframe().f_trace_opcodes = True  # 3.12 asks early
        sys.settrace(trace)  # in this thread only
        try:
            first()
        finally:
            sys.settrace(None)
            reached.set()  # also if it never came there

    def run_second() -> None:
        reached.wait()
        try:
            second()
        finally:
            ended.set()

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run) for run in (run_first, run_second)]
        for each in runs:
            each.result()
    if not overtaken:
        raise RuntimeError(f"{before} was never reached")
    return overtaken[0]


# endregion interleave
