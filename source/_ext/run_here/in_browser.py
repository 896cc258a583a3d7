"""The page's Python in a browser: runs the blocks of a group by the rules of the runner, in one thread.

It lies in an archive beside the runner's own modules, and is called by ``run-core.mjs``.  Nothing of a
browser's event loop is used: a loop of asyncio runs to its end inside of one call, as ``asyncio.run`` does
anywhere else, on the virtual clock or on one that sleeps.
"""

from __future__ import annotations

import asyncio
import doctest
import io
import json
import logging
import os
import queue  # noqa: F401
import sched  # noqa: F401
import sys
import tempfile
import time
import timeit  # noqa: F401
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from concurrent_doctest import execute, plan
from concurrent_doctest.leaks import Watch
from concurrent_doctest.virtual_clock import VirtualDeadlock

# Some modules of the library take their clock when they are imported, for good. They are imported here, because a
# page's first import of one may come on the virtual clock, and the next run be on the real one.

Post = Callable[[str, str], object]
"""Takes what happens while blocks run: ``begin`` with the id of each; ``prompt``, ``stdout`` and ``stderr`` with text
of the one that is shown."""

FOLDER = os.path.dirname(os.path.abspath(__file__))
"""Where the archive was unpacked: what lies here is imported anew for each run."""

PAUSE = 0.05
"""Seconds between two messages to the page, so that a loop that prints can't flood it."""

MOST = 200_000
"""Characters of output that are shown: no page has more, and a browser would choke on millions."""

_LOGGERS = frozenset(logging.Logger.manager.loggerDict)
"""The library's own, which its modules hold on to."""

_clock, _sleep = time.monotonic, getattr(time.sleep, "__wrapped__", time.sleep)


class Deadlock(VirtualDeadlock):
    """No task can ever run again: nothing is ready and nothing is scheduled, and there is no other thread."""


class _Selector:
    """Stands where the loop expects a selector; waiting is sleeping."""

    def __init__(self, loop: BlockingLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            waiting = "\n".join(f"  {task!r}" for task in asyncio.all_tasks(self._loop))
            raise Deadlock(f"nothing is ready and nothing is scheduled; waiting:\n{waiting}")
        if timeout > 0:
            time.sleep(timeout)
        return []

    def close(self) -> None:
        """Nothing is open."""


class BlockingLoop(asyncio.BaseEventLoop):
    """An event loop on the real clock that has nothing but timers."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Selector(self)

    def _process_events(self, event_list: list[Any]) -> None:
        """No events: the selector never has any."""

    def _write_to_self(self) -> None:
        """There is no other thread, so nobody sleeps while this is called."""


class _Shown:
    """What a block prints, on its way to the page: joined for a while, and cut where it grows beyond measure."""

    def __init__(self, post: Post) -> None:
        self._post, self._waiting, self._kind = post, "", ""
        self._last, self._left = 0.0, MOST

    def add(self, kind: str, text: str) -> None:
        if kind != self._kind:
            self.flush()
        self._kind = kind
        if self._left > 0:
            self._waiting += text[: self._left]
            self._left -= len(text)
            if self._left <= 0:
                self._waiting += "\n… the rest is not shown\n"
        if _clock() - self._last >= PAUSE:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._post(self._kind, self._waiting)
        self._waiting, self._last = "", _clock()


class _Stream(io.TextIOBase):
    """A text stream that hands on what is written to it."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._hand_on = write

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        self._hand_on(text)
        return len(text)


class _Run:
    """One run: which block is shown, and what became of it."""

    def __init__(self, target: str, post: Post) -> None:
        self.target, self.post, self.shown = target, post, _Shown(post)
        self.now, self.sent = "", 0
        self.raised = ""
        self.results: dict[str, dict[str, Any]] = {}

    def event(self, event: str, data: dict[str, Any]) -> None:
        """What the runner says of each block."""
        if event == "begin":
            self.now = data["id"]
            self.post("begin", self.now)
        elif event == "end" and data["kind"] != "leak":
            self.results[data["id"]] = data
            self.now = ""
            self.shown.flush()

    def write(self, kind: str, text: str) -> None:
        if self.now == self.target:
            self.sent += len(text) * (kind == "stdout")
            self.shown.add(kind, text)

    def raised_by(self, error: BaseException, page: str | None) -> None:
        """Show *error* with its traceback from the first line of the page on."""
        start: TracebackType | None = error.__traceback__
        while start and start.tb_frame.f_code.co_filename != page:
            start = start.tb_next
        if self.now == self.target:
            self.raised = traceback.format_exception_only(error)[-1].strip().partition("\n")[0]
        self.write("stderr", "".join(traceback.format_exception(type(error), error, start or error.__traceback__)))


def _runner(run: _Run) -> type[execute._PageRunner]:
    """The runner of blocks, showing what it does."""

    class Showing(execute._PageRunner):
        def report_start(self, out: Any, test: doctest.DocTest, example: doctest.Example) -> None:
            run.sent = 0
            if self._mode == "single":
                first, *more = example.source.splitlines()
                run.write("prompt", "".join([f">>> {first}\n", *(f"... {line}\n" for line in more)]))

        def report_success(self, out: Any, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
            run.write("stdout", got[run.sent :])  # the traceback that the page expects, if any

        def report_failure(self, out: Any, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
            run.write("stdout", got[run.sent :])
            super().report_failure(out, test, example, got)

        def report_unexpected_exception(self, out: Any, test: doctest.DocTest, example: Any, exc_info: Any) -> None:
            run.raised_by(exc_info[1], test.filename)
            super().report_unexpected_exception(out, test, example, exc_info)

    return Showing


class _Errors(io.StringIO):
    """Collects what is written to it, and hands it on at once: it stands where it was written, not at the end."""

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__()
        self._hand_on = write

    def write(self, text: str, /) -> int:
        self._hand_on(text)
        return super().write(text)


def _capturing(run: _Run) -> Callable[[Watch], AbstractContextManager[io.StringIO]]:
    """What stands in the place of the runner's own way to collect stderr."""

    @contextmanager
    def captured(watch: Watch) -> Iterator[io.StringIO]:
        real, errors = sys.stderr, _Errors(lambda text: run.write("stderr", text))
        sys.stderr = errors
        watch.use_stderr(errors)
        try:
            yield errors
        finally:
            sys.stderr = real
            watch.use_stderr(real)

    return captured


@contextmanager
def _set(*values: tuple[Any, str, Any]) -> Iterator[None]:
    """Give attributes of modules other values for a while."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in values]
    try:
        for owner, name, value in values:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


def _alone() -> list[tuple[Any, str, Any]]:
    """What a loop of a page is made by, in the place of the browser's."""
    asyncio._set_running_loop(None)
    making = [(module, "new_event_loop", BlockingLoop) for module in (asyncio, asyncio.events)]
    return [*making, (asyncio, "run", getattr(asyncio.run, "__wrapped__", asyncio.run))]


def _forget() -> None:
    """Let each run import the manual's programs anew, and set up logging of its own."""
    loggers = logging.Logger.manager.loggerDict
    for name in set(loggers) - _LOGGERS:
        del loggers[name]
    for logger in (logging.root, *loggers.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.filters.clear()
            logger.setLevel(logging.WARNING if logger is logging.root else logging.NOTSET)
            logger.propagate, logger.disabled = True, False
    logging.disable(logging.NOTSET)
    logging.captureWarnings(False)
    logging.setLogRecordFactory(logging.LogRecord)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if name.partition(".")[0] == "examples" and file.startswith(FOLDER):
            del sys.modules[name]


def run(request: str, post: Post) -> str:
    """Run the blocks of a group up to one of them, and say what became of each.

    *request* is JSON: ``plan``, a plan of one document with one group, and ``target``, the id of the block that
    is shown.  The answer is JSON: ``results`` by block, as :class:`execute.Result`, and ``raised``, the last
    line of the exception that the shown block ended with, "" if it did not.
    """
    wanted = json.loads(request)
    one = _Run(wanted["target"], post)

    class Spoof(doctest._SpoofOut):  # type: ignore[name-defined,misc]
        def write(self, text: str, /) -> int:
            one.write("stdout", text)
            return int(super().write(text))

    def sleep(seconds: float, /) -> None:
        one.shown.flush()
        _sleep(seconds)

    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        (written := Path(other, "plan.json")).write_text(json.dumps(wanted["plan"]), "utf-8")
        todo = plan.read(written)
        values = [
            (sys, "stdout", _Stream(lambda text: one.write("stdout", text))),
            (sys, "stderr", _Stream(lambda text: one.write("stderr", text))),
            (doctest, "_SpoofOut", Spoof),
            (execute, "_PageRunner", _runner(one)),
            (execute, "_captured_stderr", _capturing(one)),
            (time, "sleep", sleep),
            *_alone(),
        ]
        path = sys.path[:]
        _forget()
        os.chdir(folder)
        try:
            with _set(*values):
                execute.run_document(todo.documents[0], todo, one.event)
        finally:
            os.chdir(here)
            sys.path[:] = path
    one.shown.flush()
    return json.dumps({"results": one.results, "raised": one.raised})
