"""Run a second call in front of each bytecode of a first one, each in a run of its own, and check what is left.

It finds what one change of threads can break in code that knows nothing of the test: the code takes a lock from the
caller, and nothing else is asked of it.  Both calls end in every run, or the run is reported as hanging.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from types import FrameType
from typing import Any

NET = 60.0
"""Seconds after which a run counts as hanging; decides nothing else."""


# region lock
class Stopped:
    """Where the second call has come to: an end, or a lock."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.thread: threading.Thread | None = None


class Lock:
    """A lock that tells when the second call has to wait for it."""

    def __init__(self, stopped: Stopped) -> None:
        self._lock, self._stopped = threading.Lock(), stopped

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            if threading.current_thread() is self._stopped.thread:
                self._stopped.event.set()
            if not self._lock.acquire(timeout=NET):
                raise TimeoutError("a lock that nobody gives back")

    def __exit__(self, *_: object) -> None:
        self._lock.release()


# endregion lock


# region everywhere
Calls = tuple[Callable[[], object], Callable[[], object], Callable[[], object]]


@dataclass(slots=True)
class Case:
    """One run: the first call was about to run *line*."""

    line: int = 0
    overtaken: bool = False
    problems: list[str] = field(default_factory=list)


def everywhere(program: Callable[[Callable[[], Lock]], Calls]) -> Iterator[Case]:
    """Run *program* once for each bytecode of its first call.

    It gets what makes a lock, and returns the first call, the
    second one, and a check that raises; all are made anew.  Code in
    the file of the first call is stopped, other code runs through.
    """
    for number in count(1):
        stopped, case = Stopped(), Case()
        first, second, check = program(partial(Lock, stopped))
        reached = once(first, second, stopped, case, number)
        attempt(check, case)
        if not reached:  # the first call has so few bytecodes
            return
        yield case


def once(
    first: Callable[[], object],
    second: Callable[[], object],
    stopped: Stopped,
    case: Case,
    number: int,
) -> bool:
    """Whether *first* came to its bytecode *number*."""
    code, seen = first.__code__, 0
    file, above = code.co_filename, code.co_firstlineno

    def run_second() -> None:
        attempt(second, case)
        case.overtaken = not stopped.event.is_set()
        stopped.event.set()

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal seen
        if frame.f_code.co_filename != file:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            seen += 1
            if seen == number:
                case.line = frame.f_lineno - above
                other.start()
                stopped.event.wait(NET)
        return trace

    def run_first() -> None:
        sys._getframe().f_trace_opcodes = True  # 3.12 asks early
        sys.settrace(trace)  # in this thread only
        try:
            attempt(first, case)
        finally:
            sys.settrace(None)

    stopped.thread = other = threading.Thread(target=run_second)
    thread = threading.Thread(target=run_first)
    thread.start()
    thread.join()
    if other.ident is not None:
        other.join()
    return other.ident is not None


# endregion everywhere


def attempt(call: Callable[[], object], case: Case) -> None:
    """Call it, and note what it raises."""
    try:
        call()
    except Exception as error:
        case.problems.append(str(error) or repr(error))
