"""One document in a process of its own: what the child of the supervisor does between fork and exit.

It reports each block on a pipe as it goes, so that whatever happens to the process, what it had done is
known.  A thread waits for the supervisor's question "what are you waiting for?"; when even that thread
gets no turn, because C code holds the GIL, faulthandler answers on a signal.

Standard library only.
"""

from __future__ import annotations

import _thread
import asyncio
import faulthandler
import gc
import json
import linecache
import os
import resource
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from .execute import run_document
from .plan import Document, Plan

DUMP_SIGNAL = signal.SIGUSR2
"""Makes the worker write the stacks of its threads, even while C code holds the GIL."""

MEMORY = 4 * 2**30
"""Bytes of address space that a document may use; more raises ``MemoryError``."""

OUTPUT = 64 * 2**20
"""Bytes that a document and its children may write to file descriptors 1 and 2 each."""

WATCHED = 0.2
"""Seconds for which a worker looks at its own use of the processor before it answers."""

# The runner's own modules are covered by its version.
_OWN = {os.path.relpath(path) for path in Path(__file__).parent.glob("*.py")}

# A page may put the module on a virtual clock.
_monotonic, _process_time = time.monotonic, time.process_time

ENVIRONMENT = "CONCURRENT_DOCTEST_DOCUMENT"
"""Set in the worker, so that a process it started is known as its own wherever it goes."""


class _Reporter:
    """Writes events as lines of JSON to a pipe; safe from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = _thread.allocate_lock()

    def __call__(self, event: str, data: dict[str, Any]) -> None:
        line = json.dumps({"event": event, **data}, ensure_ascii=True).encode() + b"\n"
        with self._lock:
            view = memoryview(line)
            while view:
                view = view[os.write(self._descriptor, view) :]


def _frames(stack: traceback.StackSummary, pages: set[str]) -> list[str]:
    """The frames of *stack* from the first one on a page, innermost last."""
    lines = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in stack]
    first = next((i for i, frame in enumerate(stack) if frame.filename in pages), 0)
    return lines[first:]


def _bounded(frame: FrameType | None, pages: set[str]) -> bool:
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


def describe_waiting(pages: set[str], own: int) -> dict[str, Any]:
    """Every thread and task of this process with its stack, and what a task waits for.

    *own* is the identifier of the thread that asks, which is left out.  ``busy`` is the share of one core
    that the process used while it was watched, ``bounded`` whether a thread's wait ends by itself.
    """
    started, used = _monotonic(), _process_time()
    watching = _thread.allocate_lock()
    watching.acquire()
    watching.acquire(timeout=WATCHED)
    busy = (_process_time() - used) / (_monotonic() - started)
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    threads = []
    for identifier, frame in sys._current_frames().items():
        if identifier != own:
            stack = traceback.extract_stack(frame)
            name = names.get(identifier, "?")
            threads.append({"name": name, "stack": _frames(stack, pages), "bounded": _bounded(frame, pages)})
    tasks = []
    for task in _all_tasks():
        stack = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in task.get_stack())
        waiting = getattr(task, "_fut_waiter", None)
        tasks.append({"name": task.get_name(), "stack": _frames(stack, pages), "waits_for": repr(waiting)})
    return {"threads": threads, "tasks": tasks, "busy": busy}


def _all_tasks() -> list[asyncio.Task[Any]]:
    """The pending tasks of every loop, asked from a thread that runs none."""
    # Before 3.14 asyncio kept one set of all tasks, since then one for each thread; the collector sees both.
    return [item for item in gc.get_objects() if isinstance(item, asyncio.Task) and not item.done()]


def _project_files(root: Path) -> list[str]:
    """The modules below *root* that were imported, as paths from there; what is installed does not count."""
    files = []
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        path = Path(name) if isinstance(name, str) else None
        if path and path.is_relative_to(root) and not {"site-packages", "packages"} & set(path.parts):
            files.append(str(path.relative_to(root)))
    return sorted(set(files) - _OWN)


def _answer(control: int, report: _Reporter, pages: set[str]) -> None:
    """Wait in a thread for the supervisor's question, and answer it once."""
    if os.read(control, 1):
        report("waiting", describe_waiting(pages, _thread.get_ident()))


def _isolate(folder: Path, output: tuple[int, int], name: str) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ[ENVIRONMENT] = name
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output[0], 1), (output[1], 2)):
        os.dup2(source, target)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A write beyond the limit is an error of the one who writes, and not the end of the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # Ctrl-C is the supervisor's; what a page does with signals starts from Python's own handling.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main(
    document: Document,
    plan: Plan,
    *,
    folder: Path,
    pipe: int,
    control: int,
    dump: int,
    output: tuple[int, int],
) -> None:
    """Run *document* and end the process; never returns.

    *pipe* takes events, *control* brings the question, *dump* takes faulthandler's answer; *output* are
    the files that become file descriptors 1 and 2.
    """
    report = _Reporter(pipe)
    try:
        root = Path.cwd()
        _isolate(folder, output, document.name)
        faulthandler.register(DUMP_SIGNAL, file=dump, all_threads=True, chain=False)
        faulthandler.enable(file=dump, all_threads=True)
        pages = {block.path for group in document.groups for block in group.blocks}
        _thread.start_new_thread(_answer, (control, report, pages))
        run_document(document, plan, report)
        report("done", {"files": _project_files(root)})
    except BaseException:
        report("crashed", {"report": traceback.format_exc()})
    finally:
        # No clean-up of a page may hang the run: what has to be said is said.
        os._exit(0)
