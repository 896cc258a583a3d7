"""A context manager that fails a test which leaves something behind: threads, tasks, processes, coroutines, resources.

Standard library only; for unittest by ``enterContext`` and ``enterAsyncContext``, for pytest by a fixture.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any


# region leaks
class Leaks(AssertionError):
    """What was left behind, a line for each."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("\n".join(["left behind:", *found]))
        self.found = found


class NoLeaks:
    """Raises :class:`Leaks` at the end of its block.

    ``async with``, inside of the loop, sees unfinished tasks, too.
    A new thread has *grace* seconds to end, unless its name begins
    with one of *allowed*.
    """

    def __init__(
        self,
        *,
        grace: float = 1,
        allowed: tuple[str, ...] = (),
    ) -> None:
        self.grace, self.allowed = grace, allowed

    def __enter__(self) -> NoLeaks:
        self._found: list[str] = []
        self._threads = set(threading.enumerate())
        self._children = set(multiprocessing.active_children())
        self._stack = ExitStack()
        self._stack.enter_context(heard(self._found))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:  # listens on: a thread may fail at its end
            for thread in set(threading.enumerate()) - self._threads:
                if not thread.name.startswith(self.allowed):
                    thread.join(self.grace)
                    if thread.is_alive():
                        self._found.append(f"thread {thread.name}")
            for child in multiprocessing.active_children():
                if child not in self._children:
                    self._found.append(f"process {child.name}")
            gc.collect()  # what a cycle holds reports itself now
        if self._found and error is None:
            raise Leaks(sorted(self._found))
        if self._found and error is not None:  # do not hide it
            error.add_note(str(Leaks(sorted(self._found))))

    async def __aenter__(self) -> NoLeaks:
        self._tasks = asyncio.all_tasks()
        self.allowed += ("asyncio_",)  # end with the loop
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        left = asyncio.all_tasks() - self._tasks
        for task in left - {asyncio.current_task()}:
            self._found.append(f"task {task.get_name()}")
        self.__exit__(kind, error, trace)


# endregion leaks


# region heard
@contextmanager
def heard(found: list[str]) -> Iterator[None]:
    """Note in *found* what otherwise goes to stderr at most."""

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        found.append(f"{args.exc_type.__name__}: {args.exc_value}")

    def in_thread(args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread else "?"
        found.append(f"in {name}: {args.exc_value!r}")

    class Note(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage().splitlines()[0])

    with ExitStack() as stack, warnings.catch_warnings():
        stack.enter_context(put(sys, "unraisablehook", unraisable))
        stack.enter_context(put(threading, "excepthook", in_thread))
        note, log = Note(logging.ERROR), logging.getLogger("asyncio")
        log.addHandler(note)
        stack.callback(log.removeHandler, note)
        # As errors in a destructor they come to the hook above.
        never = "coroutine .* was never awaited"
        warnings.filterwarnings("error", never, RuntimeWarning)
        warnings.simplefilter("error", ResourceWarning)
        yield


# endregion heard


@contextmanager
def put(owner: Any, name: str, value: object) -> Iterator[None]:
    """Give *owner* another attribute for the block."""
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


# region pytest
def no_leaks() -> Iterator[None]:
    """In conftest.py: ``pytest.fixture(autouse=True)(no_leaks)``."""
    with NoLeaks():
        yield


# endregion pytest
