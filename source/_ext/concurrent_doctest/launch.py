"""Start a worker for one document, talk to it, and end it with everything that it started.

Where the system can fork and tells how its processes fare, a worker is a fork of the supervisor: a few
milliseconds.  Elsewhere it is a new interpreter that reads its part of the plan from a file and reports over a
socket; the same blocks, run by the same code, with the start of an interpreter for each page.

Standard library only.
"""

from __future__ import annotations

import hmac
import os
import secrets
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from . import plan as plans
from . import worker
from .plan import Document, Plan

STARTS = ("fork", "spawn")
"""How a worker may come into being."""

CONNECT = 60.0
"""Seconds that a new interpreter gets to start and to call back."""

FILES = ("dump", "out", "err")
"""In a worker's folder: faulthandler's stacks, and what went to file descriptors 1 and 2."""

FOLDERS = ("work", worker.TEMPORARY)
"""In a worker's folder: its working directory, and where temporary files go."""

BOOT = "import sys; sys.path.append(sys.argv.pop(1)); from concurrent_doctest.launch import spawned; spawned()"

_PLAN = "plan.json"


def default_start() -> str:
    """``fork`` where this system can fork and has ``/proc``, else ``spawn``."""
    return "fork" if hasattr(os, "fork") and Path("/proc/self/stat").exists() else "spawn"


class Worker(Protocol):
    """A process that runs one document."""

    pid: int

    def fileno(self) -> int:
        """What a selector waits for."""

    def read(self) -> bytes:
        """What the worker has reported since the last call; empty at its end."""

    def used(self) -> float | None:
        """Seconds of processor time that it has used, or None if it tells that itself, with its answer."""

    def ask(self) -> None:
        """Ask it what it waits for."""

    def dump(self) -> None:
        """Make it write the stacks of its threads, even while C code holds the GIL."""

    def end(self) -> int:
        """Kill it and everything that it started; its exit code, or -N if signal N had ended it."""


def start(document: Document, plan: Plan, folder: Path, how: str) -> Worker:
    """Start a worker for *document*, with *folder* for its files and ``folder/work`` to work in."""
    kind: type[_Forked | _Spawned] = _Forked if how == "fork" else _Spawned
    return kind(document, plan, folder)


class _Forked:
    """A fork of this process that reports on a pipe and is asked by signals."""

    def __init__(self, document: Document, plan: Plan, folder: Path) -> None:
        self._folder = folder
        self._pipe, write = os.pipe()
        files = [os.open(folder / name, os.O_TRUNC | os.O_RDWR | os.O_APPEND) for name in FILES]
        self.pid = os.fork()
        if not self.pid:
            os.close(self._pipe)
            dump, *output = files
            worker.main(
                document,
                plan,
                worker.Reporter(partial(os.write, write)),
                folder=folder / "work",
                dump=dump,
                output=(output[0], output[1]),
            )
        for descriptor in (write, *files):
            os.close(descriptor)

    def fileno(self) -> int:
        return self._pipe

    def read(self) -> bytes:
        return os.read(self._pipe, 1 << 16)

    def used(self) -> float | None:
        return _processor_time(self.pid)

    def ask(self) -> None:
        self._signal(worker.ASK_SIGNAL)

    def dump(self) -> None:
        self._signal(worker.DUMP_SIGNAL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def end(self) -> int:
        started = _kill_group(self.pid, self._folder)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        _kill_all(started)
        os.close(self._pipe)
        return os.waitstatus_to_exitcode(status)


class _Spawned:
    """A new interpreter that reports over a socket, and is asked over the same one."""

    def __init__(self, document: Document, plan: Plan, folder: Path) -> None:
        self._folder = folder
        plans.write(replace(plan, documents=(document,)), folder / _PLAN)
        token = secrets.token_hex(16)
        package = str(Path(__file__).resolve().parent.parent)
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            open(folder / "out", "wb") as out,
            open(folder / "err", "wb") as err,
        ):
            # The flags of this interpreter, such as -X dev, hold for the new one too; multiprocessing does the same.
            flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
            self._process = subprocess.Popen(
                [sys.executable, *flags, "-c", BOOT, package, str(folder), str(server.getsockname()[1])],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                start_new_session=True,
                env=os.environ | {worker.ENVIRONMENT: str(folder / "work")},
            )
            self.pid = self._process.pid
            assert self._process.stdin
            with suppress(BrokenPipeError), self._process.stdin as stdin:
                stdin.write(token.encode())
            self._socket = self._accept(server, token)

    def _accept(self, server: socket.socket, token: str) -> socket.socket:
        """The worker's connection; a closed one if it has died before it could call."""
        server.settimeout(0.2)
        for _ in range(round(CONNECT / 0.2)):
            with suppress(TimeoutError):
                connection, _ = server.accept()
                connection.settimeout(CONNECT)
                # Any program of this machine may connect; only the worker has read the token.
                if hmac.compare_digest(connection.recv(32, socket.MSG_WAITALL), token.encode()):
                    return connection
                connection.close()
            if self._process.poll() is not None:
                break
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> bytes:
        with suppress(ConnectionError):
            return self._socket.recv(1 << 16)
        return b""

    def used(self) -> float | None:
        return None

    def ask(self) -> None:
        with suppress(OSError):
            self._socket.sendall(worker.ASK)

    def dump(self) -> None:
        if sys.platform != "win32":
            self._process.send_signal(worker.DUMP_SIGNAL)

    def end(self) -> int:
        started = _kill_group(self.pid, self._folder)
        self._process.kill()
        code = self._process.wait()
        _kill_all(started)
        self._socket.close()
        (self._folder / _PLAN).unlink(missing_ok=True)
        return code


def spawned() -> None:
    """Run the document that the command line names: a folder with its plan, and the supervisor's port."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    token = sys.stdin.buffer.read()
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(token)
    plan = plans.read(folder / _PLAN)
    # A page sees the command line and the modules that it would see after a fork.
    del sys.argv[1:]
    dump = os.open(folder / "dump", os.O_TRUNC | os.O_RDWR | os.O_APPEND)
    worker.main(
        plan.documents[0],
        plan,
        worker.Reporter(connection.send),
        folder=folder / "work",
        dump=dump,
        questions=lambda: connection.recv(1),
    )


def _kill_group(pid: int, folder: Path) -> list[int]:
    """Kill the process group of a worker; returns what it had started outside it."""
    # Until it is reaped, its number, and that of its group, can't be somebody else's.
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    return _started_by(pid, folder)


def _kill_all(processes: list[int]) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _started_by(pid: int, folder: Path) -> list[int]:
    """Processes that a worker started and that left its process group.

    They are known by the worker's folder, which nobody else has: it is their working directory, or where
    their output goes, or it stands in their environment.  What a worker started has a higher number, unless
    the system began again at the lowest.
    """
    below = os.path.join(folder, "")
    mark = f"{worker.ENVIRONMENT}={folder / 'work'}".encode()
    found = []
    with suppress(OSError):
        latest = int(Path("/proc/loadavg").read_text("ascii").split()[-1])
        for entry in os.listdir("/proc"):
            if not entry.isdecimal() or int(entry) == pid or (int(entry) < pid <= latest):
                continue
            # Paths as text: this is done for every process after every page.
            links = [f"/proc/{entry}/{name}" for name in ("cwd", "fd/1", "fd/2")]
            if any(_link(link).startswith(below) for link in links) or mark in _environment(entry):
                found.append(int(entry))
    return found


def _environment(process: str) -> list[bytes]:
    """The variables that a process was started with; none if it is gone, or somebody else's."""
    try:
        with open(f"/proc/{process}/environ", "rb", buffering=0) as file:
            return file.read().split(b"\0")
    except OSError:
        return []


def _link(path: str) -> str:
    """Where a link points; "" if there is none."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _processor_time(pid: int) -> float:
    """Seconds of processor time that the process *pid* has used; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
