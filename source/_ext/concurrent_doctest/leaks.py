"""What a group of snippets left behind: threads, tasks, processes, warnings that nobody saw.

A :class:`Watch` stands in a worker from before the first block.  It notes where each thing was made, by the
innermost frame on a page, and says at the end of a group what is still there.  What a page itself catches,
by redirecting stderr or recording warnings, is no leak: the page is about it.

Standard library only.
"""

from __future__ import annotations

import asyncio
import builtins
import gc
import io
import logging
import multiprocessing
import socket
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from typing import Any, TextIO
from weakref import WeakKeyDictionary, WeakSet

KINDS = ("thread", "task", "executor", "process", "coroutine", "exception", "resource")
"""What ``:expect: leak KIND`` may name."""

# Waiting for stragglers that end by themselves, such as a thread that has set its last event, in seconds.
GRACE = 0.2
_POOL = ("ThreadPoolExecutor", "asyncio_")

# Up to 3.11 asyncio waits for a child in a daemon thread, which ends soon after the child and not before
# ``await process.wait()`` has returned: asyncio.unix_events.ThreadedChildWatcher.
WAITER_GRACE = 5.0
_WAITER = "asyncio-waitpid-"


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing left behind: its *kind*, *where* it was made (``page:line`` or ""), and *what* it is.

    *during* is the id of the block that ran when it was made; "" where that is not known.
    """

    kind: str
    where: str
    what: str
    during: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


class Watch:
    """Notes what is made, and by which line of which page.

    *pages* are the file names under which snippets are compiled.
    """

    def __init__(self, pages: set[str]) -> None:
        self.pages = pages
        self._made: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        self._during: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        # The collector clears weak references to a lost task or loop before that says that it is lost.
        self._places: dict[int, tuple[str, str]] = {}
        self._lost = ("", "")
        self._source: Any = None
        self.running = ""  # the id of the block that runs, set by whoever runs it
        self._seen: list[Leak] = []
        self._told: WeakSet[Any] = WeakSet()
        self._stderr: TextIO = sys.stderr
        self._restore: list[Callable[[], None]] = []

    def __enter__(self) -> Watch:
        self._note_maker(threading.Thread, "start")
        self._note_maker(subprocess.Popen, "__init__")
        self._note_maker(multiprocessing.process.BaseProcess, "start")
        self._note_maker(socket.socket, "__init__")
        self._note_maker(asyncio.BaseEventLoop, "__init__")
        self._note_files()
        self._watch_loops()
        self._watch_hooks()
        return self

    def __exit__(self, *exc_info: object) -> None:
        for restore in reversed(self._restore):
            restore()
        self._restore.clear()

    def use_stderr(self, stream: TextIO) -> None:
        """Tell which stream is stderr while a block runs; anything else that is there is the page's own."""
        self._stderr = stream

    # -- noting ---------------------------------------------------------------------------------------

    def _set(self, owner: Any, name: str, value: Any) -> None:
        original = getattr(owner, name)
        setattr(owner, name, value)
        self._restore.append(lambda: setattr(owner, name, original))

    def _note_maker(self, kind: type, method: str) -> None:
        watch = self
        original = getattr(kind, method)
        made = self._made
        here = self._here
        during = self._during

        def noting(self: Any, *args: Any, **kwargs: Any) -> Any:
            made[self] = here()
            during[self] = watch.running
            watch._places[id(self)] = made[self], watch.running
            return original(self, *args, **kwargs)

        self._set(kind, method, noting)

    def _note_files(self) -> None:
        opening = io.open

        @wraps(opening)
        def noting(*args: Any, **kwargs: Any) -> Any:
            file = opening(*args, **kwargs)
            self._made[file], self._during[file] = self._here(), self.running
            return file

        for module in (builtins, io):
            self._set(module, "open", noting)

    def _here(self) -> str:
        """The innermost place on a page from which this is called; "" if there is none."""
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename in self.pages:
                return f"{frame.f_code.co_filename}:{frame.f_lineno}"
            frame = frame.f_back  # type: ignore[assignment]
        return ""

    def _made_at(self, made: Any) -> str:
        """Where *made* was made; "" if nobody noted it."""
        if isinstance(made, asyncio.BaseEventLoop):
            return self._places[id(made)][0]
        try:
            return self._made.get(made, "")
        except TypeError:  # nothing that could be noted
            return ""

    def _raised(self, error: BaseException | None) -> str:
        """The innermost place on a page through which *error* came; "" if there is none."""
        frames = traceback.extract_tb(error.__traceback__) if error else []
        own = [f"{frame.filename}:{frame.lineno}" for frame in frames if frame.filename in self.pages]
        return own[-1] if own else ""

    def _watch_loops(self) -> None:
        """``asyncio.run`` cancels what is left when ``main()`` returns: those tasks had no owner."""
        original = asyncio.runners._cancel_all_tasks  # type: ignore[attr-defined]

        def noting(loop: asyncio.AbstractEventLoop) -> None:
            # The first error of main() takes its siblings with it; only a clean return leaves tasks behind.
            if sys.exc_info()[0] is None:
                self._seen.extend(self._task(task) for task in asyncio.all_tasks(loop))
            original(loop)

        self._set(asyncio.runners, "_cancel_all_tasks", noting)
        watch = self
        create, made, here = asyncio.BaseEventLoop.create_task, self._made, self._here

        def creating(self: asyncio.BaseEventLoop, *args: Any, **kwargs: Any) -> asyncio.Task[Any]:
            task = create(self, *args, **kwargs)
            made[task] = here()
            watch._during[task] = watch.running
            watch._places[id(task)] = made[task], watch.running
            return task

        self._set(asyncio.BaseEventLoop, "create_task", creating)
        handle = asyncio.BaseEventLoop.call_exception_handler

        def handling(self: asyncio.BaseEventLoop, context: dict[str, Any]) -> None:
            lost = context.get("task", context.get("future"))
            watch._lost = watch._places.get(id(lost), (watch._raised(context.get("exception")), ""))
            try:
                handle(self, context)
            finally:
                watch._lost = "", ""

        self._set(asyncio.BaseEventLoop, "call_exception_handler", handling)

    def _task(self, task: asyncio.Task[Any]) -> Leak:
        name = getattr(task.get_coro(), "__qualname__", "?")
        return Leak("task", self._made.get(task, ""), f"{task.get_name()}, {name}()", self._during.get(task, ""))

    def _shown(self) -> bool:
        """Whether the page is looking: it has put something in the place of stderr."""
        return sys.stderr is not self._stderr

    def _watch_hooks(self) -> None:
        thread_hook, unraisable, show = threading.excepthook, sys.unraisablehook, warnings.showwarning

        def on_thread(args: Any) -> None:
            if not self._shown():
                what = "".join(traceback.format_exception_only(args.exc_type, args.exc_value)).strip()
                where = self._made.get(args.thread, "") if args.thread else ""
                during = self._during.get(args.thread, "") if args.thread else ""
                self._seen.append(Leak("exception", where, f"in a thread: {what}", during))
            thread_hook(args)

        def on_unraisable(args: Any) -> None:
            if not self._shown():
                what = "".join(traceback.format_exception_only(args.exc_type, args.exc_value)).strip()
                self._seen.append(Leak("exception", self._raised(args.exc_value), f"ignored: {what}"))
            unraisable(args)

        def on_warning(message: Any, category: type[Warning], filename: str, line: int, *rest: Any) -> None:
            if not self._shown():
                made = self._made_at(self._source)
                where = made or (f"{filename}:{line}" if filename in self.pages else "")
                running = str(message).startswith("subprocess ")  # told as a process
                if issubclass(category, ResourceWarning) and not running:
                    self._seen.append(Leak("resource", where, str(message)))
                elif issubclass(category, RuntimeWarning) and "was never awaited" in str(message):
                    self._seen.append(Leak("coroutine", where, str(message).partition("\n")[0]))
            show(message, category, filename, line, *rest)

        showing = warnings._showwarnmsg  # type: ignore[attr-defined]

        def with_source(message: warnings.WarningMessage) -> None:
            self._source = message.source
            try:
                showing(message)
            finally:
                self._source = None

        self._set(warnings, "_showwarnmsg", with_source)  # showwarning is not told what the warning is about
        self._set(threading, "excepthook", on_thread)
        self._set(sys, "unraisablehook", on_unraisable)
        self._set(warnings, "showwarning", on_warning)
        filters = warnings.filters[:]
        warnings.simplefilter("always", ResourceWarning)
        handler = _AsyncioLog(self)
        logging.getLogger("asyncio").addHandler(handler)

        def restore() -> None:
            logging.getLogger("asyncio").removeHandler(handler)
            warnings.filters[:] = filters  # type: ignore[index]

        self._restore.append(restore)

    # -- asking ---------------------------------------------------------------------------------------

    def collect(self) -> list[Leak]:
        """What has been left behind since the last call, and forget it."""
        gc.collect()
        for thread in threading.enumerate():
            # One that is on its way out is no leak.
            if thread.name.startswith(_WAITER):
                thread.join(WAITER_GRACE)
            elif thread is not threading.main_thread() and not thread.daemon and not thread.name.startswith(_POOL):
                thread.join(GRACE)
        found = [*self._seen, *self._threads(), *self._processes()]
        self._seen.clear()
        return found

    def left_by(self, block: str) -> bool:
        """Whether anything that was made while *block* ran is still at work; nothing is waited for or forgotten."""
        return any(leak.during == block for leak in self._seen) or any(
            _is_at_work(made) for made, during in list(self._during.items()) if during == block
        )

    def _knows(self, made: Any) -> bool:
        """Whether *made* has been told before; from now on it has."""
        known = made in self._told
        self._told.add(made)
        return known

    def _threads(self) -> Iterator[Leak]:
        for thread in threading.enumerate():
            if thread is threading.main_thread() or isinstance(thread, threading._DummyThread) or self._knows(thread):
                continue
            pool = thread.name.startswith(_POOL)
            kind = "executor" if pool else "thread"
            daemon = "daemon " if thread.daemon and not pool else ""
            yield Leak(kind, self._made.get(thread, ""), f"{daemon}{thread.name}", self._during.get(thread, ""))

    def _processes(self) -> Iterator[Leak]:
        for process in multiprocessing.active_children():
            if self._knows(process):
                continue
            during = self._during.get(process, "")
            yield Leak("process", self._made.get(process, ""), f"{process.name}, pid {process.pid}", during)
        for made, where in list(self._made.items()):
            if isinstance(made, subprocess.Popen) and made.poll() is None and not self._knows(made):
                yield Leak("process", where, f"pid {made.pid}, {made.args!r:.60}", self._during.get(made, ""))

    def unclosed(self) -> list[Leak]:
        """Files, sockets and loops that a page has made and not closed, at the end of a group.

        They are closed now, so that each is told once; so are the pipes of a process, which is told itself.
        """
        for made in list(self._made):
            if isinstance(made, subprocess.Popen) and made.poll() is None:
                for pipe in (made.stdin, made.stdout, made.stderr):
                    _close(pipe)
        found = []
        for made, where in list(self._made.items()):
            if where and _is_open(made):
                kind = "event loop " if isinstance(made, asyncio.BaseEventLoop) else ""
                found.append(Leak("resource", where, f"unclosed {kind}{made!r}", self._during.get(made, "")))
                _close(made)
        return found


def _close(made: Any) -> None:
    with suppress(OSError, RuntimeError):
        if made:
            made.close()


def _is_open(made: Any) -> bool:
    if isinstance(made, socket.socket):
        return made.fileno() != -1
    if isinstance(made, asyncio.BaseEventLoop):
        return not made.is_closed()
    return isinstance(made, io.IOBase) and not made.closed


def _is_at_work(made: Any) -> bool:
    if isinstance(made, asyncio.Task):
        return not made.done()
    if isinstance(made, subprocess.Popen):
        return made.poll() is None
    return _is_open(made) if not hasattr(made, "is_alive") else bool(made.is_alive())


class _AsyncioLog(logging.Handler):
    """Notes the errors that asyncio can only log, and hands them on as if nobody listened."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        if len(logging.getLogger("asyncio").handlers) > 1 or logging.root.handlers:
            return  # the page has set up logging of its own
        message = record.getMessage().partition("\n")[0]
        lost = "never retrieved" in message or "was destroyed but it is pending" in message
        if lost and not self._watch._shown():
            where, during = self._watch._lost
            self._watch._seen.append(Leak("exception", where, message, during))
        if logging.lastResort:
            logging.lastResort.handle(record)
