"""What the tasks and threads of a block did, and when: the raw material of a timeline.

The loop runs a task by calling a handle that belongs to it, so the steps of every task pass one function; what
a task waits for is read from its frames when a step has ended.  Nothing is wrapped that a page could see.

Standard library only.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
import time
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from .holders import await_chain

MOST = 10_000
"""Events after which the record of a block ends: no picture shows more."""


def _is_housekeeping(task: asyncio.Task[Any]) -> bool:
    """Whether ``asyncio.run`` made *task* for itself, at its end."""
    name = getattr(task.get_coro(), "__name__", "")
    return name in {"shutdown_asyncgens", "shutdown_default_executor"}


class Recorder:
    """Records while its ``with`` block runs; *events* has what it saw.

    An event is a dict: ``at``, seconds since the record began, on the clock of the page; ``lane``, a number for
    each task and thread in the order in which they were first seen; ``kind``, ``task`` or ``thread``; ``name``;
    ``what``, one of ``created``, ``running``, ``waiting``, ``done``, ``cancelled`` and ``failed``; for a wait
    ``on``, what it is for; and ``where``, the ``page:line`` of it.
    """

    def __init__(self, pages: Collection[str]) -> None:
        self._pages = pages
        self._lanes: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._numbers = itertools.count()
        self._names: dict[int, str] = {}
        self._ended: set[int] = set()
        self._restore: list[Callable[[], None]] = []
        self._inside = threading.local()
        self._began = 0.0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Recorder:
        self._began = time.monotonic()
        self._lane(threading.current_thread(), "thread", threading.current_thread().name)
        self._see_tasks()
        self._see_threads()
        return self

    def __exit__(self, *exc_info: object) -> None:
        for restore in reversed(self._restore):
            restore()
        for event in self.events:
            # Before 3.14 a task got its name after it had been made.
            event["name"] = self._names[event["lane"]]

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

    def _note(self, lane: int, kind: str, what: str, on: str = "", where: str = "") -> None:
        if len(self.events) < MOST:
            at = round(time.monotonic() - self._began, 9)
            event = {"at": at, "lane": lane, "kind": kind, "name": "", "what": what, "on": on, "where": where}
            self.events.append(event)

    # -- tasks ----------------------------------------------------------------------------------------

    def _see_tasks(self) -> None:
        def creating(create: Any) -> Any:
            def create_task(loop: Any, *args: Any, **kwargs: Any) -> Any:
                where = self._here()
                task = create(loop, *args, **kwargs)
                if _is_housekeeping(task):
                    return task
                known = task in self._lanes
                self._note(self._task(task), "task", "created", where=where)
                if not known and (task.done() or getattr(task, "_fut_waiter", None) is not None):
                    self._after(task)  # an eager one, which has run already
                return task

            return create_task

        def running(run: Any) -> Any:
            def _run(handle: Any) -> None:
                task = getattr(handle._callback, "__self__", None)
                if not isinstance(task, asyncio.Task) or task.done() or _is_housekeeping(task):
                    run(handle)
                    return
                self._note(self._task(task), "task", "running")
                try:
                    run(handle)
                finally:
                    self._after(task)

            return _run

        self._replace(asyncio.BaseEventLoop, "create_task", creating)
        self._replace(asyncio.Handle, "_run", running)

    def _task(self, task: asyncio.Task[Any]) -> int:
        return self._lane(task, "task", task.get_name())

    def _after(self, task: asyncio.Task[Any]) -> None:
        """Note how *task* stands after a step."""
        lane = self._task(task)
        if lane in self._ended:
            return
        if not task.done():
            on, where = self._waits(task)
            self._note(lane, "task", "waiting", on, where)
            return
        self._ended.add(lane)
        if task.cancelled():
            self._note(lane, "task", "cancelled")
            return
        # Asking a task for its exception marks it as seen; this one may still have to be reported as lost.
        failed = getattr(task, "_exception", None)
        self._note(lane, "task", "failed" if failed else "done", type(failed).__name__ if failed else "")

    def _waits(self, task: asyncio.Task[Any]) -> tuple[str, str]:
        """What *task* waits for, in the words of the library, and the line of the page that does."""
        on, where = "", ""
        for frame in await_chain(task):
            code = frame.f_code
            if code.co_filename in self._pages:
                on, where = "", f"{code.co_filename}:{frame.f_lineno}"
            elif not on:
                on = code.co_qualname
        waiter = getattr(task, "_fut_waiter", None)
        if isinstance(waiter, asyncio.Task):
            return f"task {waiter.get_name()}", where
        if waiter is None:
            return on or "its next turn", where
        return on or type(waiter).__name__.strip("_"), where

    # -- threads --------------------------------------------------------------------------------------

    def _see_threads(self) -> None:
        def starting(start: Any) -> Any:
            def start_thread(thread: threading.Thread) -> None:
                self._note(self._lane(thread, "thread", thread.name), "thread", "created", where=self._here())
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
                    self._note(lane, "thread", "waiting", name, self._here())
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

    def _here(self) -> str:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename in self._pages:
                return f"{frame.f_code.co_filename}:{frame.f_lineno}"
            frame = frame.f_back
        return ""
