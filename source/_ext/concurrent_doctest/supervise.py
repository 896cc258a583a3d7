"""Run documents side by side, each in a process of its own, and let none of them hang the run.

The supervisor reads what its workers report, and at a document's limit asks what it waits for, then kills it
with everything it started.  Standard library only.
"""

from __future__ import annotations

import gc
import json
import os
import re
import selectors
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .execute import FAILED, PASSED, Result
from .launch import FILES, FOLDERS, Worker, default_start
from .launch import start as launch
from .plan import TESTS, Block, Document, Group, Plan
from .program import ENDING
from .waiting import stuck_events, waiting_text
from .worker import WATCHED

ANSWER = 4.0
"""Seconds that a worker gets to say what it waits for, before faulthandler is asked instead."""

HANG = 1.0
"""Seconds after which a block that is expected to hang is looked at, unless it has a limit of its own."""

IDLE = 0.1
"""The share of one core below which a process counts as waiting."""

DUMP = 0.5
"""Seconds that faulthandler gets to write its stacks."""

LAST_WORDS = {"waiting", "done", "crashed"}
"""Events after which a worker has nothing more to say."""

_FAULTHANDLER = re.compile(r'File "(.*)", line (\d+) in')

REPORT = 20_000
"""Characters of captured output that a report keeps."""


@dataclass(slots=True)
class DocumentResult:
    """What became of a document: one result for each block, and a *problem* if its process failed."""

    name: str
    path: str
    results: list[Result] = field(default_factory=list)
    problem: str = ""
    seconds: float = 0.0
    output: str = ""
    files: tuple[str, ...] = ()

    def followed_by(self, later: DocumentResult) -> DocumentResult:
        """This result and that of the groups that ran in a process of their own afterwards."""
        return DocumentResult(
            self.name,
            self.path,
            self.results + later.results,
            self.problem or later.problem,
            self.seconds + later.seconds,
            self.output + later.output,
            tuple(sorted({*self.files, *later.files})),
        )

    @property
    def passed(self) -> bool:
        """Whether every block passed or was skipped, and the process ended as it should."""
        return not self.problem and all(result.outcome != FAILED for result in self.results)


@dataclass(slots=True)
class _Running:
    document: Document
    worker: Worker
    folder: Path
    started: float
    results: list[Result] = field(default_factory=list)
    unread: bytearray = field(default_factory=bytearray)
    group: int = -1
    current: Block | None = None
    begun: float = 0.0
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    watched: float = 0.0
    used: float = 0.0
    busy: float = 0.0
    asked: float = 0.0
    dumped: float = 0.0

    def feed(self, chunk: bytes) -> None:
        """Take in what the worker wrote."""
        self.unread += chunk
        if b"\n" not in chunk:
            return
        *lines, rest = self.unread.split(b"\n")
        self.unread = rest
        for line in lines:
            # A page that writes into every open file writes into this pipe too.
            with suppress(ValueError, TypeError, KeyError, StopIteration, IndexError):
                data = json.loads(line)
                self._take(data.pop("event"), data)

    def _take(self, event: str, data: dict[str, Any]) -> None:
        if "waiting" in self.events:
            return  # what goes on now does so only because the question interrupted a call
        if event == "group":
            self.group += 1
        elif event == "begin":
            blocks = self.document.groups[self.group].blocks
            self.current = next(block for block in blocks if block.id == data["id"])
            self.begun = time.monotonic()
        elif event == "end":
            self.results.append(Result(**data))
            self.current = None
            if not self.asked:
                self.watched = 0.0
        else:
            self.events[event] = data

    def due(self) -> float:
        """When the supervisor has to act next, on the monotonic clock."""
        if self.dumped:
            return self.dumped + DUMP
        if self.asked:
            return self.asked + ANSWER
        if self.watched:
            return self.watched + WATCHED if self.worker.used() is not None else self.watched
        return self.end()[0]

    def end(self) -> tuple[float, float]:
        """When its time is over, on the monotonic clock, and how many seconds that is of."""
        page = self.started + self.document.limit, self.document.limit
        block = self.current
        if block is None:
            return page
        allowed = block.limit or (HANG if block.expect == "hang" else 0.0)
        end = page if not allowed else (self.begun + allowed, allowed)
        if block.expect != "hang":
            end = min(page, end)
        # A program is stopped at its own limit, and says what it was doing; this is for when that fails.
        return (end[0] + ENDING, end[1]) if block.kind == "program" else end


class Interrupted(Exception):
    """Ctrl-C came while documents ran; *results* are those of the documents that had ended."""

    def __init__(self, results: list[DocumentResult]) -> None:
        super().__init__("interrupted")
        self.results = results


def run(plan: Plan, *, jobs: int, progress: Callable[[DocumentResult], None], start: str = "") -> list[DocumentResult]:
    """Run every document of *plan*, *jobs* at a time; *progress* hears of each as it ends.

    *start* is how a worker comes into being, ``fork`` or ``spawn``; empty for what this system does best.

    The results are in the order of the plan.  Whatever a document started is gone when its result is there.

    :raises Interrupted: on Ctrl-C, with what had ended; every worker is gone then, too.
    """
    waiting = list(reversed(plan.documents))
    jobs = 1 if plan.fail_fast else jobs
    finished: dict[str, DocumentResult] = {}
    running: dict[int, _Running] = {}
    selector = selectors.DefaultSelector()

    def retire(item: _Running) -> None:
        selector.unregister(item.worker)
        del running[item.worker.fileno()]
        result, rest = _retire(item)
        folders.give_back(item.folder)
        if before := finished.get(result.name):
            result = before.followed_by(result)
        finished[result.name] = result
        if plan.fail_fast and not result.passed:
            waiting.clear()
            progress(result)
        elif rest:
            waiting.append(rest)
        else:
            progress(result)

    def fill(ending: int = 0) -> None:
        while waiting and len(running) - ending < jobs:
            document, folder = waiting.pop(), folders.take()
            process = launch(document, plan, folder, start or default_start())
            started = _Running(document, process, folder, time.monotonic())
            running[started.worker.fileno()] = started
            selector.register(started.worker, selectors.EVENT_READ)

    with _scratch() as scratch, _light_to_fork():
        folders = _Folders(scratch)
        try:
            while waiting or running:
                fill()
                pause = min(item.due() for item in running.values()) - time.monotonic()
                ended = []
                for key, _ in selector.select(max(0.0, pause)):
                    item = running[key.fd]
                    chunk = item.worker.read()
                    item.feed(chunk)
                    if not chunk or item.events.keys() & LAST_WORDS:
                        ended.append(item)
                if jobs > 1:
                    # The next ones run while these are put away.
                    fill(ending=len(ended))
                for item in ended:
                    retire(item)
                now = time.monotonic()
                for item in [item for item in running.values() if now >= item.due()]:
                    used = item.worker.used()
                    if not item.watched:
                        item.watched, item.used = now, used or 0.0
                    elif not item.asked:
                        if used is not None:
                            item.busy = (used - item.used) / (now - item.watched)
                        item.asked = now
                        item.worker.ask()
                    elif not item.dumped:
                        item.dumped = now
                        item.worker.dump()
                    else:
                        retire(item)
        except KeyboardInterrupt:
            raise Interrupted([finished[d.name] for d in plan.documents if d.name in finished]) from None
        finally:
            for item in running.values():
                item.worker.end()
            selector.close()
    return [finished[document.name] for document in plan.documents if document.name in finished]


@contextmanager
def _light_to_fork() -> Iterator[None]:
    """Keep the collector of a forked worker away from what it inherits.

    A collection writes into every object that it visits, so without this each worker copies all memory of the
    supervisor, and visits all its objects, to find what one page has left behind.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="concurrent-doctest-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Folders:
    """Gives each document a folder with empty ones in it, to work in and for temporary files.

    One that is as it was serves again: on many file systems making and removing them costs more than a fork.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._free: list[Path] = []
        self._made: dict[Path, object] = {}

    def take(self) -> Path:
        """A folder that nobody uses; :meth:`give_back` takes it when everything that used it is gone."""
        if self._free:
            return self._free.pop()
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        for name in FOLDERS:
            (folder / name).mkdir()
        for name in FILES:
            (folder / name).touch()
        self._made[folder] = self._state(folder)
        return folder

    def give_back(self, folder: Path) -> None:
        """Keep *folder* for the next document, or remove it if anything is in it that was not."""
        with suppress(OSError):
            if self._state(folder) == self._made[folder]:
                self._free.append(folder)
                return
        shutil.rmtree(folder, ignore_errors=True)

    def _state(self, folder: Path) -> object:
        names = sorted(os.listdir(folder))
        kinds = [(found.st_ino, found.st_mode, found.st_nlink) for found in (os.lstat(folder / n) for n in names)]
        return names, kinds, [os.listdir(folder / name) for name in FOLDERS]


def _retire(item: _Running) -> tuple[DocumentResult, Document | None]:
    """End a worker, and turn what is known of it into a result.

    The document that comes back, if one does, holds the groups that have yet to run: an expected end is the
    end of its group only.
    """
    status = item.worker.end()
    item.busy = item.events.get("waiting", {}).get("busy", item.busy)
    document, block = item.document, item.current
    result = DocumentResult(document.name, document.path, item.results, seconds=time.monotonic() - item.started)
    result.output = "".join(_tail(item.folder / name) for name in ("out", "err"))
    rest: Document | None = None
    problem = _problem(item, status)
    if block and block.expect and block.expect == _how_it_ended(item, status):
        seconds = time.monotonic() - item.begun
        waiting = item.events.get("waiting") if block.record else None
        events = stuck_events(waiting, round(seconds, 1)) if waiting else []
        result.results.append(Result(block.id, block.kind, PASSED, 1, 0, seconds, events=events))
        problem = ""
        _fail_the_rest(
            result, document.groups[item.group : item.group + 1], f"it stands behind {block.id}, which ends its group"
        )
        if item.group + 1 < len(document.groups):
            rest = replace(document, groups=document.groups[item.group + 1 :])
    elif problem and block:
        result.results.append(Result(block.id, block.kind, FAILED, 1, 1, reason=_first_line(problem), report=problem))
    if problem:
        _fail_the_rest(result, document.groups, "did not run: see above")
    result.problem = problem
    result.files = tuple(sorted({*document.files, *item.events.get("done", {}).get("files", ())}))
    return result, rest


def _fail_the_rest(result: DocumentResult, groups: Iterable[Group], reason: str) -> None:
    reported = {done.id for done in result.results}
    for group in groups:
        for block in group.blocks:
            if block.kind in TESTS and block.id not in reported:
                result.results.append(Result(block.id, block.kind, FAILED, 1, 1, reason=reason))


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _how_it_ended(item: _Running, status: int) -> str:
    """The end of a process in the words of ``:expect:``."""
    waiting = item.events.get("waiting")
    if item.events.keys() & {"done", "crashed"}:
        return ""
    if waiting:
        bounded = any(thread["bounded"] for thread in waiting["threads"])
        return "hang" if item.busy < IDLE and not bounded else "slow"
    if item.asked:
        return "stuck"
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit {status}"


def _tail(path: Path) -> str:
    """The end of a file, as text whatever its bytes are."""
    with suppress(OSError), path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - REPORT))
        text = file.read().decode("utf-8", "backslashreplace")
        return f"… {size - REPORT} bytes left out …\n{text}" if size > REPORT else text
    return ""


def _problem(item: _Running, status: int) -> str:
    """Why a document did not come to its end, as a report; empty if it did."""
    where = f" in {item.current.id}" if item.current else ""
    limit = item.end()[1]
    meant = f"; expected: {item.current.expect}" if item.current and item.current.expect else ""
    if "waiting" in item.events:
        waiting = item.events["waiting"]
        state = "it was busy" if item.busy >= IDLE else "it waited"
        return f"did not end within {limit:.2g} s{where}; {state}{meant}\n{waiting_text(waiting)}"
    dump = _FAULTHANDLER.sub(r"\1:\2 in", _tail(item.folder / "dump"))
    if item.dumped:
        return f"did not end within {limit:.2g} s{where}, and answered to nothing{meant}\n{dump}"
    if "crashed" in item.events:
        return f"the runner failed{where}\n{item.events['crashed']['report']}"
    if "done" in item.events:
        return ""
    if status < 0:
        return f"died of {signal.Signals(-status).name}{where}{meant}\n{dump}"
    return f"exited with code {status}{where} before it had run every block{meant}"
