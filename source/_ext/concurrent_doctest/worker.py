"""One document in a process of its own: what the child of the supervisor does between fork and exit.

It reports each block as it goes, so that whatever happens to the process, what it had done is known.  Asked
what it waits for, it answers: in a fork its main thread, between two bytecodes, on a signal; in a new
interpreter a thread that nothing else sees, on a word from the supervisor.  When neither gets a turn, because
C code holds the GIL, faulthandler writes the stacks.

Standard library only.
"""

from __future__ import annotations

import _thread
import faulthandler
import itertools
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from .execute import run_document
from .imports import project_files
from .plan import Document, Plan, Program
from .program import place
from .waiting import describe_waiting

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

TEMPORARY = "tmp"
"""The folder beside the working directory for temporary files; nothing in it outlives the document."""

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
    # A page that is killed can't remove what it, or a Manager that it started, has put there.
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder.parent / TEMPORARY)
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
