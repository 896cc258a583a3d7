"""Run documents side by side, each in a process of its own, and let none of them hang the run.

The supervisor forks a small parent, reads what its workers report, and at a document's limit asks what it
waits for, then kills it with everything it started.  Standard library only.
"""

from __future__ import annotations

import json
import os
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

from . import worker
from .execute import FAILED, PASSED, Result
from .plan import Block, Document, Group, Plan

ANSWER = 2.0
"""Seconds that a worker gets to say what it waits for, before faulthandler is asked instead."""

HANG = 1.0
"""Seconds after which a block that is expected to hang is looked at, unless it has a limit of its own."""

IDLE = 0.1
"""The share of one core below which a process counts as waiting."""

DUMP = 0.5
"""Seconds that faulthandler gets to write its stacks."""

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
    pid: int
    pipe: int
    control: int
    folder: Path
    started: float
    results: list[Result] = field(default_factory=list)
    unread: bytes = b""
    group: int = -1
    current: Block | None = None
    begun: float = 0.0
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: float = 0.0
    dumped: float = 0.0

    def feed(self, chunk: bytes) -> None:
        """Take in what the worker wrote."""
        *lines, self.unread = (self.unread + chunk).split(b"\n")
        for line in lines:
            data = json.loads(line)
            event = data.pop("event")
            if event == "group":
                self.group += 1
            elif event == "begin":
                blocks = self.document.groups[self.group].blocks
                self.current = next(block for block in blocks if block.id == data["id"])
                self.begun = time.monotonic()
            elif event == "end":
                self.current = None
                self.results.append(Result(**data))
            else:
                self.events[event] = data

    def due(self) -> float:
        """When the supervisor has to act next, on the monotonic clock."""
        if self.dumped:
            return self.dumped + DUMP
        if self.asked:
            return self.asked + ANSWER
        limit = self.started + self.document.limit
        if self.current is None:
            return limit
        if self.current.expect == "hang":
            return self.begun + (self.current.limit or HANG)
        return min(limit, self.begun + self.current.limit) if self.current.limit else limit


def run(plan: Plan, *, jobs: int, progress: Callable[[DocumentResult], None]) -> list[DocumentResult]:
    """Run every document of *plan*, *jobs* at a time; *progress* hears of each as it ends.

    The results are in the order of the plan.  Whatever a document started is gone when its result is there.
    """
    waiting = list(reversed(plan.documents))
    finished: dict[str, DocumentResult] = {}
    running: dict[int, _Running] = {}
    selector = selectors.DefaultSelector()

    def retire(item: _Running) -> None:
        selector.unregister(item.pipe)
        del running[item.pipe]
        result, rest = _retire(item)
        if before := finished.get(result.name):
            result = before.followed_by(result)
        finished[result.name] = result
        if rest:
            waiting.append(rest)
        else:
            progress(result)

    with _scratch() as scratch:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    started = _start(waiting.pop(), plan, scratch)
                    running[started.pipe] = started
                    selector.register(started.pipe, selectors.EVENT_READ)
                pause = min(item.due() for item in running.values()) - time.monotonic()
                for key, _ in selector.select(max(0.0, pause)):
                    item = running[key.fd]
                    chunk = os.read(key.fd, 1 << 16)
                    item.feed(chunk)
                    if not chunk or "waiting" in item.events:
                        retire(item)
                now = time.monotonic()
                for item in [item for item in running.values() if now >= item.due()]:
                    if not item.asked:
                        item.asked = now
                        os.write(item.control, b"?")
                    elif not item.dumped:
                        item.dumped = now
                        with suppress(ProcessLookupError):
                            os.kill(item.pid, worker.DUMP_SIGNAL)
                    else:
                        retire(item)
        finally:
            for item in running.values():
                _kill(item)
            selector.close()
    return [finished[document.name] for document in plan.documents]


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="concurrent-doctest-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(document: Document, plan: Plan, scratch: Path) -> _Running:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    (folder / "work").mkdir()
    read, write = os.pipe()
    question, control = os.pipe()
    files = [os.open(folder / name, os.O_CREAT | os.O_RDWR | os.O_APPEND) for name in ("dump", "out", "err")]
    pid = os.fork()
    if not pid:
        os.close(read)
        os.close(control)
        dump, out, err = files
        worker.main(
            document,
            plan,
            folder=folder / "work",
            pipe=write,
            control=question,
            dump=dump,
            output=(out, err),
        )
    for descriptor in (write, question, *files):
        os.close(descriptor)
    return _Running(document, pid, read, control, folder, time.monotonic())


def _retire(item: _Running) -> tuple[DocumentResult, Document | None]:
    """End a worker, and turn what is known of it into a result.

    The document that comes back, if one does, holds the groups that have yet to run: an expected end is the
    end of its group only.
    """
    status = _kill(item)
    document, block = item.document, item.current
    result = DocumentResult(document.name, document.path, item.results, seconds=time.monotonic() - item.started)
    result.output = "".join(_tail(item.folder / name) for name in ("out", "err"))
    rest: Document | None = None
    problem = _problem(item, status)
    if block and block.expect and block.expect == _how_it_ended(item, status):
        seconds = time.monotonic() - item.begun
        result.results.append(Result(block.id, block.kind, PASSED, 1, 0, seconds))
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
    shutil.rmtree(item.folder, ignore_errors=True)
    return result, rest


def _fail_the_rest(result: DocumentResult, groups: Iterable[Group], reason: str) -> None:
    reported = {done.id for done in result.results}
    for group in groups:
        for block in group.blocks:
            if block.kind in {"doctest", "testcode"} and block.id not in reported:
                result.results.append(Result(block.id, block.kind, FAILED, 1, 1, reason=reason))


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _how_it_ended(item: _Running, status: int) -> str:
    """The end of a process in the words of ``:expect:``."""
    waiting = item.events.get("waiting")
    if waiting:
        bounded = any(thread["bounded"] for thread in waiting["threads"])
        return "hang" if waiting["busy"] < IDLE and not bounded else "slow"
    if item.asked:
        return "stuck"
    if os.WIFSIGNALED(status):
        return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return "" if "done" in item.events else f"exit {os.waitstatus_to_exitcode(status)}"


def _kill(item: _Running) -> int:
    """End the worker and everything that it started; returns the worker's wait status."""
    ended, status = os.waitpid(item.pid, os.WNOHANG)
    if not ended and not (item.asked or item.unread):
        # The pipe is closed, so the worker is on its way out; a moment later it is gone by itself.
        deadline = time.monotonic() + DUMP
        while not ended and time.monotonic() < deadline and "done" in item.events:
            time.sleep(0.001)
            ended, status = os.waitpid(item.pid, os.WNOHANG)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(item.pid, signal.SIGKILL)
    if not ended:
        _, status = os.waitpid(item.pid, 0)
    for pid in _started_by(item.document.name):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for descriptor in (item.pipe, item.control):
        os.close(descriptor)
    return status


def _started_by(name: str) -> list[int]:
    """Processes that a document started and that left its process group, known by their environment."""
    mark = f"{worker.ENVIRONMENT}={name}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return found


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
    limit = item.asked - (item.begun if item.current and item.current.limit else item.started)
    meant = f"; expected: {item.current.expect}" if item.current and item.current.expect else ""
    if "waiting" in item.events:
        waiting = item.events["waiting"]
        state = "it was busy" if waiting["busy"] >= IDLE else "it waited"
        lines = [f"did not end within {limit:.0f} s{where}; {state}{meant}"]
        for thread in waiting["threads"]:
            limited = ", with a time limit" if thread["bounded"] else ""
            lines += [f"thread {thread['name']}{limited}:", *(f"  {frame}" for frame in thread["stack"])]
        for task in waiting["tasks"]:
            lines += [f"task {task['name']}, waiting for {task['waits_for']}:"]
            lines += [f"  {frame}" for frame in task["stack"]]
        return "\n".join(lines)
    dump = _tail(item.folder / "dump")
    if item.dumped:
        return f"did not end within {limit:.0f} s{where}, and answered to nothing{meant}\n{dump}"
    if "crashed" in item.events:
        return f"the runner failed{where}\n{item.events['crashed']['report']}"
    if "done" in item.events:
        return ""
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return f"died of {name}{where}{meant}\n{dump}"
    return f"exited with code {os.waitstatus_to_exitcode(status)}{where} before it had run every block{meant}"
