"""Run a program in a process of its own, as a reader would from a shell, and say how it ended.

What a program prints is read as it prints it, so that a signal can be sent at a known line; at its limit it is
asked what its threads and tasks wait for, then killed with its process group.

Standard library only.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .plan import Program

OUTPUT = 2**20
"""Bytes that a program may write to each of its streams: no page shows more."""

GRACE = 1.0
"""Seconds that helpers of a program get to end after it, such as the resource tracker of multiprocessing."""

ANSWER = 5.0
"""Seconds that a program which did not end gets to say what it waits for, before faulthandler is asked instead."""

DUMP = 1.0
"""Seconds that faulthandler gets to write the stacks of such a program."""

ENDING = ANSWER + 2 * (GRACE + DUMP)
"""Seconds behind a program's limit within which :func:`run` has returned, unless the machine is overloaded."""

POLL = 0.05
"""Seconds between two looks whether a program has ended while a process that it started holds its streams."""

HOOK = Path(__file__).resolve().with_name("hook")
"""The folder of the ``sitecustomize`` by which a program can be asked."""

ASK: int = getattr(signal, "SIGRTMAX", getattr(signal, "SIGUSR1", signal.SIGABRT))
"""Asks it: a signal that hardly any program uses, where the system has that many."""

ASK_VARIABLE = "CONCURRENT_DOCTEST_ASK"
"""Tells the hook the number of that signal."""

# A page on the virtual clock has no `time` and no subprocesses of its own; its programs are on the real clock.
_monotonic, _sleep = time.monotonic, time.sleep
_make_process = subprocess.Popen.__init__


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a program.

    *exit_code* is what a shell shows, 128 + N for a death by signal N, or ``None`` if it did not end by itself.
    *problem* says why its output can't count: it did not end, its signal was never sent.  *left* tells that
    processes which it started outlived it.
    """

    exit_code: int | None
    stdout: str = ""
    stderr: str = ""
    problem: str = ""
    left: bool = False


def place(program: Program, path: Sequence[str]) -> Path:
    """Where the file of *program* is, given the import path of the plan."""
    return Path(path[0] if path else os.curdir, program.path)


def command(program: Program, path: Sequence[str]) -> list[str]:
    """The arguments that run *program* under this interpreter.

    A file below the first entry of *path* runs as a module, ``-m package.name``, so that it can import its
    siblings; any other, or one whose path makes no module name, runs as a file.
    """
    # When C code keeps the program from answering, faulthandler writes the stacks of its threads.
    start = [sys.executable, "-X", "faulthandler"]
    parts = Path(program.path).with_suffix("").parts
    if path and all(part.isidentifier() for part in parts):
        # -P: what the page has written into its working directory is not imported in the place of the project.
        return [*start, "-P", "-m", ".".join(parts), *program.args]
    return [*start, str(place(program, path)), *program.args]


def environment(path: Sequence[str]) -> dict[str, str]:
    """The environment of a program: this process's, with *path* to import from.

    Text is UTF-8 without colours, and each line goes out when it is printed, as on a reader's terminal.  Of the
    hook, which goes first and leaves at once, the program sees nothing.
    """
    known = [str(HOOK), *path, *filter(None, [os.environ.get("PYTHONPATH")])]
    settings = {"PYTHONIOENCODING": "utf-8", "PYTHON_COLORS": "0", "PYTHONUNBUFFERED": "1"}
    return os.environ | settings | {"PYTHONPATH": os.pathsep.join(known), ASK_VARIABLE: str(int(ASK))}


def run(program: Program, path: Sequence[str], limit: float) -> Ended:
    """Run *program* for at most *limit* seconds; nothing of its process group is left when this returns."""
    file = place(program, path)
    if not file.is_file():
        return Ended(None, problem=f"there is no file {file}")
    process: subprocess.Popen[bytes] = subprocess.Popen.__new__(subprocess.Popen)
    _make_process(
        process,
        command(program, path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=environment(path),
        process_group=0,
    )
    running = _Running(program, process)
    try:
        return running.to_its_end(limit)
    finally:
        running.close()


class _Running:
    """A program that runs, and what it has written so far."""

    def __init__(self, program: Program, process: subprocess.Popen[bytes]) -> None:
        self._program, self._process = program, process
        assert process.stdout
        assert process.stderr
        self._streams: tuple[IO[bytes], IO[bytes]] = (process.stdout, process.stderr)
        self._written = {stream: bytearray() for stream in self._streams}
        self._selector = selectors.DefaultSelector()
        for stream in self._streams:
            self._selector.register(stream, selectors.EVENT_READ)
        self._sent = program.signal is None

    def to_its_end(self, limit: float) -> Ended:
        """Read until the program has ended, and say how; at *limit*, ask it what it waits for."""
        stopped = self._read(_monotonic() + limit)
        unsent = ""
        if not self._sent:
            text = self._program.signal_after
            line = f"a line with {text!r}" if text else "its first line"
            unsent = f"{self._program.signal} was never sent, because it did not print {line}"
        if not stopped:
            return self._ended(_shell(self._process.returncode), unsent, left=self._outlived())
        if stopped == _LATE:
            stopped = f"did not end within {limit:.3g} s{'; ' * bool(unsent)}{unsent}"
            for question, patience in ((ASK, ANSWER), (signal.SIGABRT, DUMP)):
                self._process.send_signal(question)  # which does nothing once the program has answered: it ends then
                self._read(_monotonic() + patience)
        return self._ended(None, stopped)

    def close(self) -> None:
        """Kill what is left of the process group, and let go of the streams."""
        # Once the program has been waited for, its group's number is its own only while a member lives.
        if self._process.returncode is None or _alive(self._process.pid):
            with suppress(ProcessLookupError, PermissionError):
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
        self._process.wait()
        self._selector.close()
        for stream in self._streams:
            stream.close()

    def _read(self, deadline: float) -> str:
        """Read until the program and its streams have ended; "" then, and a problem if it has to be stopped."""
        gone = 0.0
        while True:
            now = _monotonic()
            if self._process.poll() is not None:
                gone = gone or now
                if not self._selector.get_map() or now >= gone + GRACE:
                    return ""
            if now >= deadline and not gone:
                return _LATE
            if not self._selector.get_map():
                time_left = POLL / 10  # its streams are closed: it is on its way out
            elif gone:
                time_left = POLL
            else:
                time_left = min(POLL, deadline - now)
            for key, _ in self._selector.select(time_left):
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    self._selector.unregister(key.fileobj)
                written = self._written[key.fileobj]  # type: ignore[index]
                written += chunk
                if len(written) > OUTPUT:
                    return f"wrote more than {OUTPUT} bytes to one stream, and was stopped"
            if not self._sent and self._printed_the_line():
                self._sent = True
                self._process.send_signal(signal.Signals[str(self._program.signal)])

    def _printed_the_line(self) -> bool:
        text = self._program.signal_after
        if not text:
            return b"\n" in self._written[self._streams[0]]
        wanted = text.encode()
        return any(wanted in line for data in self._written.values() for line in data.split(b"\n")[:-1])

    def _outlived(self) -> bool:
        """Whether a process that the program started is still there when helpers have had their time to end."""
        deadline = _monotonic() + GRACE
        while alive := _alive(self._process.pid):
            if _monotonic() >= deadline:
                break
            _sleep(POLL)
        return alive

    def _ended(self, code: int | None, problem: str, *, left: bool = False) -> Ended:
        stdout, stderr = (self._written[stream].decode("utf-8", "backslashreplace") for stream in self._streams)
        return Ended(code, stdout, stderr, problem, left)


_LATE = "late"


def _shell(code: int) -> int:
    """The exit code that a shell shows for *code* of :mod:`subprocess`."""
    return 128 - code if code < 0 else code


def _alive(group: int) -> bool:
    """Whether a process group has a member that still runs; one that waits to be reaped does not."""
    stats = list(Path("/proc").glob("[0-9]*/stat"))
    if not stats and hasattr(os, "killpg"):  # a system without /proc
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, 0)
            return True
        return False
    for stat in stats:
        with suppress(OSError, ValueError):
            # pid (name) state ppid pgrp …; the name may hold spaces and brackets
            state, _, of_group = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[:3]
            if int(of_group) == group and state not in "ZX":
                return True
    return False
