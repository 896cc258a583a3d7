"""One document in a process of its own: what the child of the supervisor does between fork and exit.

It reports each block as it goes, so that whatever happens to the process, what it had done is known.  Asked
what it waits for, it answers: in a fork its main thread, between two bytecodes, on a signal; in a new
interpreter a thread that nothing else sees, on a word from the supervisor.  When neither gets a turn, because
C code holds the GIL, faulthandler writes the stacks.

Standard library only.
"""

from __future__ import annotations

import _thread
import asyncio
import faulthandler
import gc
import itertools
import json
import linecache
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from .execute import run_document
from .holders import await_chain, frames_from, waiting_for_locks
from .imports import project_files
from .plan import Document, Plan, Program
from .program import place

if sys.platform != "win32":
    import resource

    ASK_SIGNAL = signal.SIGUSR1
    """Makes the worker say what it waits for; answered between two bytecodes of its main thread."""

    DUMP_SIGNAL = signal.SIGUSR2
    """Makes the worker write the stacks of its threads, even while C code holds the GIL."""

MEMORY = 4 * 2**30
"""Bytes of address space that a document may use; more raises ``MemoryError``."""

OUTPUT = 64 * 2**20
"""Bytes that a document and its children may write to file descriptors 1 and 2 each."""

ASK = b"?"
"""Asks the same over a socket; answered by a thread."""

WATCHED = 0.2
"""Seconds for which the use of the processor is watched, to tell a wait from work."""

REPORT = 20_000
"""Characters of a report, or of what a block printed, that leave the worker."""

# The runner's own modules are covered by its version.
_OWN = {os.path.relpath(path) for path in Path(__file__).parent.glob("*.py")}

ENVIRONMENT = "CONCURRENT_DOCTEST_FOLDER"
"""Names the worker's folder, which no other worker has, to every process that it starts."""


class Reporter:
    """Writes events as lines of JSON; safe from any thread.

    *write* takes bytes and returns how many of them it took.
    """

    def __init__(self, write: Callable[[memoryview], int]) -> None:
        self._write = write
        self._lock = _thread.allocate_lock()
        self._process = os.getpid()

    def __call__(self, event: str, data: dict[str, Any]) -> None:
        if os.getpid() != self._process:
            # A page has forked, and its child has come to the end of the block: it is not the worker.
            os._exit(0)
        data = {name: _cut(value) if isinstance(value, str) else value for name, value in data.items()}
        line = json.dumps({"event": event, **data}, ensure_ascii=True).encode() + b"\n"
        with self._lock:
            view = memoryview(line)
            while view:
                view = view[self._write(view) :]


def _cut(text: str) -> str:
    """The beginning and the end of a text that is too long for a report."""
    if len(text) <= REPORT:
        return text
    half = REPORT // 2
    return f"{text[:half]}\n… {len(text) - REPORT} characters left out …\n{text[-half:]}"


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


def describe_waiting(pages: set[str], here: FrameType | None) -> dict[str, Any]:
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
    # Before 3.14 asyncio kept one set of all tasks, since then one for each thread; the collector sees both.
    return [item for item in gc.get_objects() if isinstance(item, asyncio.Task) and not item.done()]


def _imported_since(last: ModuleType) -> list[ModuleType]:
    """The modules that were imported after *last*; all of them if that is gone."""
    # Looking at all of them would copy, page by page, the memory that the worker shares with its parent.
    with suppress(RuntimeError):  # a thread that was left behind imports something
        return list(itertools.takewhile(lambda module: module is not last, reversed(sys.modules.values())))
    return list(sys.modules.values())


def _project_files(root: Path, last: ModuleType) -> list[str]:
    """The modules below *root* that were imported after *last*, as paths from there; without what is installed."""
    files, below = [], os.path.join(root, "")
    for module in _imported_since(last):
        name = getattr(module, "__file__", None)
        # Most modules are none of the project, and making a path of each would take milliseconds.
        path = Path(name) if isinstance(name, str) and name.startswith(below) else None
        if path and not {"site-packages", "packages"} & set(path.parts):
            files.append(str(path.relative_to(root)))
    return sorted(set(files) - _OWN)


def _of_a_program(program: Program, plan: Plan, root: Path) -> list[str]:
    """The files below *root* that *program* rests on, as paths from there."""
    file = place(program, plan.path)
    if not file.is_relative_to(root):
        return []
    return [str(path.relative_to(root)) for path in project_files(file, root)]


def _isolate(folder: Path) -> None:
    os.chdir(folder)
    os.environ[ENVIRONMENT] = str(folder)
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # A write beyond the limit is an error of the one who writes, and not the end of the process.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # Ctrl-C is the supervisor's; what a page does with signals starts from Python's own handling.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _redirect(output: tuple[int, int]) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output[0], 1), (output[1], 2)):
        os.dup2(source, target)


def _answer(
    questions: Callable[[], bytes], describe: Callable[[], dict[str, Any]], report: Reporter
) -> Callable[[], None]:
    """What a thread does to answer each of *questions* until there are no more.

    It says how busy the process is as well: where workers are new interpreters, nobody else may know.
    """
    # A page may put the module on a virtual clock.
    sleep, processor = time.sleep, time.process_time

    def answering() -> None:
        while questions():
            used = processor()
            sleep(WATCHED)
            report("waiting", {"busy": (processor() - used) / WATCHED, **describe()})

    return answering


def main(
    document: Document,
    plan: Plan,
    report: Reporter,
    *,
    folder: Path,
    dump: int,
    output: tuple[int, int] | None = None,
    questions: Callable[[], bytes] | None = None,
) -> None:
    """Run *document* and end the process; never returns.

    *folder* becomes its working directory; *report* takes events, *dump* takes faulthandler's stacks.  A fork
    gets *output*, the files that become file descriptors 1 and 2; a new interpreter, which has its own, gets
    *questions*, a function that blocks until the supervisor asks.
    """
    try:
        root, last = Path.cwd(), next(reversed(sys.modules.values()))
        if output:
            os.setsid()
            _redirect(output)
        _isolate(folder)
        if sys.platform != "win32":
            faulthandler.register(DUMP_SIGNAL, file=dump, all_threads=True, chain=False)
        else:
            faulthandler.dump_traceback_later(document.limit + 1, file=dump)
        faulthandler.enable(file=dump, all_threads=True)
        pages = {block.path for group in document.groups for block in group.blocks}
        if questions:
            # Not a Thread: a page that lists its threads sees its own.
            _thread.start_new_thread(_answer(questions, lambda: describe_waiting(pages, None), report), ())
        else:
            signal.signal(ASK_SIGNAL, lambda _, frame: report("waiting", describe_waiting(pages, frame)))
        run_document(document, plan, report)
        programs = [block.program for group in document.groups for block in group.blocks if block.program]
        behind = [_of_a_program(program, plan, root) for program in programs]
        report("done", {"files": sorted({*_project_files(root, last), *itertools.chain(*behind)})})
    except BaseException:
        report("crashed", {"report": traceback.format_exc()})
    finally:
        # No clean-up of a page may hang the run: what has to be said is said.
        os._exit(0)
