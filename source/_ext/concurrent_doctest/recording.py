"""What the tasks and threads of a block did, and when: the raw material of a timeline.

The loop runs a task by calling a handle that belongs to it, so the steps of every task pass one function; what
a task waits for is read from its frames when a step has ended.  Nothing is wrapped that a page could see.

Standard library only.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import linecache
import queue
import re
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from .holders import await_chain, is_own
from .virtual_clock import VirtualDeadlock, _Selector
from .waiting import describe_waiting, stuck_events

MOST = 10_000
"""Events after which the record of a block ends: no picture shows more."""


def _is_housekeeping(task: asyncio.Task[Any]) -> bool:
    """Whether ``asyncio.run`` made *task* for itself, at its end."""
    name = getattr(task.get_coro(), "__name__", "")
    return name in {"shutdown_asyncgens", "shutdown_default_executor"}


def locals_of(frame: FrameType) -> Mapping[str, Any]:
    """The local variables of *frame*, which then keeps none of them alive.

    Before 3.13 a frame that was asked keeps what it answered, and so what the page has deleted since.
    """
    values = frame.f_locals
    if type(values) is not dict or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        return values
    found = dict(values)
    values.clear()
    return found


def call_text(coroutine: Any, names: Mapping[int, str]) -> str:
    """The call that made *coroutine*, such as ``ask('steady', 0.3)``: its function, and what of its arguments is short.

    *names* are those of objects, by their identity.  Only before its first step are the local variables of a
    coroutine its arguments.
    """
    name = getattr(coroutine, "__name__", type(coroutine).__name__)
    frame = getattr(coroutine, "cr_frame", None)
    if frame is None or inspect.getcoroutinestate(coroutine) != inspect.CORO_CREATED:
        return str(name)
    code, values = frame.f_code, locals_of(frame)
    arguments = [values.get(item) for item in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]]
    plain = (str, int, float, bool)
    shown = [repr(value) if type(value) in plain else names.get(id(value), "") for value in arguments]
    shown = [text for text in shown if text]
    return f"{name}({', '.join(shown)})"


def source_at(frame: FrameType) -> str:
    """The source of what *frame* is at, an expression on one line without ``await``; "" where no source is known."""
    positions = next(itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    first, last, start, end = positions
    if first is None or last is None or start is None or end is None:
        return ""
    lines = [line.encode() for line in linecache.getlines(frame.f_code.co_filename)[first - 1 : last]]
    if len(lines) != last - first + 1:
        return ""
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    return " ".join(b" ".join(lines).decode("utf-8", "replace").split()).removeprefix("await ")


class Recorder:
    """Records while its ``with`` block runs; *events* has what it saw.

    An event is a dict: ``at``, seconds since the record began, on the clock of the page; ``lane``, a number for
    each task and thread in the order in which they were first seen; ``kind``, ``task`` or ``thread``; ``name``;
    ``what``, one of ``created``, ``running``, ``waiting``, ``done``, ``cancelled``, ``failed`` and, where everything
    waits for good, ``stuck``; for a wait ``on``, what it is for; and ``where``, the ``page:line`` of it.

    Beyond that, ``call`` is the call that a task runs; of a wait, ``detail`` is the source of what is waited for, or
    the seconds of a sleep; of a creation, ``by`` is the lane that made it, -1 if none did; and a step that a request
    to cancel has woken has ``cancel``: when that was made, and by which lane or function.
    """

    def __init__(self, pages: Collection[str]) -> None:
        self._pages = pages
        self._lanes: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._numbers = itertools.count()
        self._names: dict[int, str] = {}
        self._calls: dict[int, str] = {}
        self._locks: dict[int, str] = {}
        self._ended: set[int] = set()
        self._tasks: WeakSet[asyncio.Task[Any]] = WeakSet()
        self._cancelling: dict[int, int] = {}
        self._requests: dict[int, dict[str, Any]] = {}
        self._restore: list[Callable[[], None]] = []
        self._inside = threading.local()
        self._began = 0.0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Recorder:
        self._began = time.monotonic()
        self._lane(threading.current_thread(), "thread", threading.current_thread().name)
        self._see_tasks()
        self._see_threads()
        self._see_deadlocks()
        return self

    def __exit__(self, *exc_info: object) -> None:
        for restore in reversed(self._restore):
            restore()
        for event in self.events:
            # Before 3.14 a task got its name after it had been made.
            if event["lane"] in self._names:
                event["name"] = self._names[event["lane"]]
                event["call"] = self._calls.get(event["lane"], "")

    def _replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        original = getattr(owner, name)
        setattr(owner, name, make(original))
        self._restore.append(lambda: setattr(owner, name, original))

    def _lane(self, actor: Any, kind: str, name: str) -> int:
        if actor not in self._lanes:
            self._lanes[actor] = next(self._numbers)
        lane = self._lanes[actor]
        self._names[lane] = name
        return lane

    def _now(self) -> float:
        return round(time.monotonic() - self._began, 9)

    def _note(self, lane: int, kind: str, what: str, on: str = "", where: str = "", **more: Any) -> None:
        if len(self.events) < MOST:
            event = {"at": self._now(), "lane": lane, "kind": kind, "name": "", "what": what, "on": on, "where": where}
            self.events.append(event | more)

    # -- tasks ----------------------------------------------------------------------------------------

    def _see_tasks(self) -> None:
        def creating(create: Any) -> Any:
            def create_task(loop: Any, *args: Any, **kwargs: Any) -> Any:
                where = self._here()
                self._name_locks()
                call = call_text(args[0] if args else kwargs.get("coro"), self._locks)
                by = self._current(loop)
                task = create(loop, *args, **kwargs)
                if _is_housekeeping(task):
                    return task
                known = task in self._lanes
                lane = self._task(task)
                self._calls[lane] = call
                self._note(lane, "task", "created", where=where, by=by)
                if not known and (task.done() or getattr(task, "_fut_waiter", None) is not None):
                    self._note(lane, "task", "running")  # an eager one, which has run already
                    self._after(task)
                return task

            return create_task

        def running(run: Any) -> Any:
            def _run(handle: Any) -> None:
                callback = handle._callback
                task = getattr(callback, "__self__", None)
                name = getattr(callback, "__name__", "")
                if not isinstance(task, asyncio.Task) or task.done() or _is_housekeeping(task) or name == "cancel":
                    self._see_cancels(-1, "")
                    run(handle)
                    self._see_cancels(-1, getattr(callback, "__qualname__", ""))
                    return
                lane = self._task(task)
                self._see_cancels(-1, "")
                request = self._requests.pop(lane, None)
                more: dict[str, Any] = {"cancel": request} if request else {}
                self._note(lane, "task", "running", **more)
                try:
                    run(handle)
                finally:
                    self._see_cancels(lane, "")
                    self._after(task)

            return _run

        self._replace(asyncio.BaseEventLoop, "create_task", creating)
        self._replace(asyncio.Handle, "_run", running)

    def _task(self, task: asyncio.Task[Any]) -> int:
        self._tasks.add(task)
        return self._lane(task, "task", task.get_name())

    def _name_locks(self) -> None:
        """Keep what the page that runs calls its locks: where they are handed on, they have other names."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename not in self._pages:
            frame = frame.f_back
        if frame is not None:
            for name, value in (*locals_of(frame).items(), *frame.f_globals.items()):
                if isinstance(value, asyncio.Lock | asyncio.Semaphore):
                    self._locks.setdefault(id(value), name)

    def _current(self, loop: Any) -> int:
        """The lane of the task that runs in *loop* now; -1 if none does."""
        with suppress(RuntimeError):
            task = asyncio.current_task(loop)
            return self._lanes.get(task, -1) if task else -1
        return -1

    def _see_cancels(self, lane: int, function: str) -> None:
        """Note which tasks have been asked to cancel since the last call: by the task in *lane*, or by *function*."""
        if len(self.events) >= MOST:
            return
        for task in list(self._tasks):
            asked, count = self._lanes[task], task.cancelling()
            if count > self._cancelling.get(asked, 0) and not task.done():
                self._requests[asked] = {"at": self._now(), "by": lane, "function": function}
            self._cancelling[asked] = count

    def _after(self, task: asyncio.Task[Any]) -> None:
        """Note how *task* stands after a step."""
        lane = self._task(task)
        if lane in self._ended:
            return
        if not task.done():
            on, where, detail = self._waits(task)
            self._note(lane, "task", "waiting", on, where, detail=detail)
            return
        self._ended.add(lane)
        if task.cancelled():
            self._note(lane, "task", "cancelled")
            return
        # Asking a task for its exception marks it as seen; this one may still have to be reported as lost.
        failed = getattr(task, "_exception", None)
        self._note(lane, "task", "failed" if failed else "done", type(failed).__name__ if failed else "")

    def _waits(self, task: asyncio.Task[Any]) -> tuple[str, str, str]:
        """What *task* waits for, in the words of the library; the line of the page that does; and its source."""
        on, where, detail = "", "", ""
        for frame in await_chain(task):
            code = frame.f_code
            if code.co_filename in self._pages:
                where = f"{code.co_filename}:{frame.f_lineno}"
            if is_own(frame):
                on, detail = "", source_at(frame)
                values = locals_of(frame) if self._locks else {}
                for name in re.findall(r"\w+", detail):
                    if known := self._locks.get(id(values.get(name))):
                        detail = re.sub(rf"\b{name}\b", known, detail)
            elif not on:
                on = code.co_qualname
                if on == "sleep" and isinstance(seconds := locals_of(frame).get("delay"), int | float):
                    detail = f"{seconds:g}"
            if code.co_name == "_cancel_and_wait":
                detail = "its cleanup"  # up to 3.11 wait_for waits here for what it has cancelled
        waiter = getattr(task, "_fut_waiter", None)
        if isinstance(waiter, asyncio.Task):
            return f"task {waiter.get_name()}", where, detail
        if waiter is None:
            return on or "its next turn", where, detail
        return on or type(waiter).__name__.strip("_"), where, detail

    def _see_deadlocks(self) -> None:
        """When the virtual clock finds that nothing can go on, note who waits for whom."""

        def selecting(select: Any) -> Any:
            def select_or_stop(selector: Any, timeout: float | None) -> Any:
                try:
                    return select(selector, timeout)
                except VirtualDeadlock:
                    self.events += stuck_events(describe_waiting(self._pages, None), self._now())
                    raise

            return select_or_stop

        self._replace(_Selector, "select", selecting)

    # -- threads --------------------------------------------------------------------------------------

    def _see_threads(self) -> None:
        def starting(start: Any) -> Any:
            def start_thread(thread: threading.Thread) -> None:
                lane = self._lanes.get(threading.current_thread(), -1)
                target = getattr(thread, "_target", None)
                own = self._lane(thread, "thread", thread.name)
                self._calls[own] = getattr(target, "__name__", "")
                self._note(own, "thread", "created", where=self._here(), by=lane)
                start(thread)

            return start_thread

        def bootstrapping(bootstrap: Any) -> Any:
            def _bootstrap_inner(thread: threading.Thread) -> None:
                lane = self._lane(thread, "thread", thread.name)
                self._note(lane, "thread", "running")
                bootstrap(thread)
                self._note(lane, "thread", "done")

            return _bootstrap_inner

        def waiting(name: str) -> Callable[[Any], Any]:
            def make(wait: Any) -> Any:
                def wait_for(waited: Any, *args: Any, **kwargs: Any) -> Any:
                    if getattr(self._inside, "wait", False):
                        return wait(waited, *args, **kwargs)  # Event.wait calls Condition.wait
                    thread = threading.current_thread()
                    lane = self._lane(thread, "thread", thread.name)
                    named = getattr(self._inside, "call", "")
                    self._note(lane, "thread", "waiting", name, self._here(), detail=named or self._source())
                    self._inside.wait = True
                    try:
                        return wait(waited, *args, **kwargs)
                    finally:
                        self._inside.wait = False
                        self._note(lane, "thread", "running")

                return wait_for

            return make

        self._replace(threading.Thread, "start", starting)
        self._replace(threading.Thread, "_bootstrap_inner", bootstrapping)
        for kind in (threading.Condition, threading.Event, threading.Barrier):
            self._replace(kind, "wait", waiting(f"{kind.__name__}.wait"))
        self._replace(threading.Thread, "join", waiting("Thread.join"))

        def calling(call: Any) -> Any:
            def called(*args: Any, **kwargs: Any) -> Any:
                outer = getattr(self._inside, "call", "")
                self._inside.call = outer or self._source()
                try:
                    return call(*args, **kwargs)
                finally:
                    self._inside.call = outer

            return called

        # These wait in a condition that no page knows.
        for owner, method in ((queue.Queue, "get"), (queue.Queue, "put"), (queue.Queue, "join")):
            self._replace(owner, method, calling)
        self._replace(threading.Semaphore, "acquire", calling)

    def _here(self) -> str:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename in self._pages:
                return f"{frame.f_code.co_filename}:{frame.f_lineno}"
            frame = frame.f_back
        return ""

    def _source(self) -> str:
        """The call of the page that led here, as written."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename in self._pages:
                return source_at(frame)
            frame = frame.f_back
        return ""
