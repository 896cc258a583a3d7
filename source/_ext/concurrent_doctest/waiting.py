"""What every thread and every task of this process waits for, and where it stands.

Asked by a signal, or from a thread, in the process of a page and in that of a program; whatever hangs there,
nothing is called here that could wait, too.

Standard library only.
"""

from __future__ import annotations

import _thread
import gc
import linecache
import sys
import threading
import traceback
from collections.abc import Container
from types import FrameType
from typing import TYPE_CHECKING, Any

from .holders import await_chain, frames_from, waiting_for_locks

if TYPE_CHECKING:
    import asyncio


def _frames(stack: traceback.StackSummary, pages: Container[str]) -> list[str]:
    """The frames of *stack* from the first one on a page, innermost last."""
    lines = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in stack]
    first = next((i for i, frame in enumerate(stack) if frame.filename in pages), 0)
    return lines[first:]


def _bounded(frame: FrameType | None, pages: Container[str]) -> bool:
    """Whether the wait in *frame* ends by itself: some caller up to the page has a time limit.

    The library's waiting functions keep it in a local variable; a call of C code from the page shows it, if
    at all, in the source line.
    """
    while frame is not None:
        code = frame.f_code
        if code.co_filename in pages:
            line = linecache.getline(code.co_filename, frame.f_lineno)
            return "timeout=" in line.replace(" ", "") or "sleep(" in line
        names = frame.f_locals
        limits = [names.get(name) for name in ("timeout", "delay", "secs")]
        if any(isinstance(limit, int | float) and limit >= 0 for limit in limits):
            return True
        frame = frame.f_back
    return False


def describe_waiting(pages: Container[str], here: FrameType | None) -> dict[str, Any]:
    """Every thread and task of this process with its stack, and what it waits for.

    *here* is where this thread was when it was asked; without it, this thread is none of the page's.
    ``bounded`` is whether a thread's wait ends by itself, ``waits_for`` the lock that it waits for with who
    holds that, where the page shows it.
    """
    frames = {
        identifier: here if identifier == _thread.get_ident() else frame
        for identifier, frame in sys._current_frames().items()
        if here or identifier != _thread.get_ident()
    }
    names = {thread.ident or 0: thread.name for thread in threading.enumerate()}
    everything = _all_tasks()
    actors = {f"thread {names.get(identifier, '?')}": [*frames_from(frame)] for identifier, frame in frames.items()}
    actors |= {f"task {task.get_name()}": [*await_chain(task)][::-1] for task in everything}
    waits = waiting_for_locks(actors, {identifier: f"thread {name}" for identifier, name in names.items()})
    threads = []
    for identifier, frame in frames.items():
        name = names.get(identifier, "?")
        threads.append(
            {
                "name": name,
                "stack": _frames(traceback.extract_stack(frame), pages),
                "bounded": _bounded(frame, pages),
                "waits_for": waits.get(f"thread {name}", ""),
            }
        )
    tasks = []
    for task in everything:
        stack = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in await_chain(task))
        waiting = waits.get(f"task {task.get_name()}") or repr(getattr(task, "_fut_waiter", None))
        tasks.append({"name": task.get_name(), "stack": _frames(stack, pages), "waits_for": waiting})
    return {"threads": threads, "tasks": tasks}


def _all_tasks() -> list[asyncio.Task[Any]]:
    """The pending tasks of every loop, asked from a thread that runs none."""
    if "asyncio" not in sys.modules:
        return []  # nobody has made one, and importing it takes seconds on a busy machine
    import asyncio

    # Before 3.14 asyncio kept one set of all tasks, since then one for each thread; the collector sees both.
    return [item for item in gc.get_objects() if isinstance(item, asyncio.Task) and not item.done()]


def waiting_text(waiting: dict[str, Any]) -> str:
    """What :func:`describe_waiting` found, as a report has it."""
    lines = []
    for thread in waiting["threads"]:
        limited = ", with a time limit" if thread["bounded"] else ""
        lock = f", waiting for {thread['waits_for']}" if thread["waits_for"] else ""
        lines += [f"thread {thread['name']}{limited}{lock}:", *(f"  {frame}" for frame in thread["stack"])]
    for task in waiting["tasks"]:
        lines += [f"task {task['name']}, waiting for {task['waits_for']}:"]
        lines += [f"  {frame}" for frame in task["stack"]]
    return "\n".join(lines)


def stuck_events(waiting: dict[str, Any], at: float) -> list[dict[str, Any]]:
    """What :func:`describe_waiting` found, as events of a record: one for each thread and task, *at* these seconds."""
    found = []
    for kind in ("thread", "task"):
        for actor in sorted(waiting[f"{kind}s"], key=lambda actor: str(actor["name"])):
            where = actor["stack"][-1].partition(" in ")[0] if actor["stack"] else ""
            event = {"at": at, "lane": -1, "kind": kind, "name": actor["name"], "what": "stuck"}
            found.append(event | {"on": actor["waits_for"], "where": where})
    return found
