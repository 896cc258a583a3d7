"""What is a program doing? Its tasks and threads, grouped, each with where it waits: on a signal, or over HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

END = "end of report"


def place(code: CodeType, line: int | None) -> str:
    """A function, without those around it, and where it is."""
    name = code.co_qualname.rpartition("<locals>.")[2]
    return f"{name} {Path(code.co_filename).name}:{line}"


# region report
def chain(task: asyncio.Task[Any]) -> Iterator[str]:
    """Where *task* waits: its coroutines, outermost first."""
    at: Any = task.get_coro()
    while at is not None:
        frame = getattr(at, "cr_frame", None) or getattr(at, "gi_frame", None)
        if frame is None:  # a future, or a coroutine that has ended
            break
        yield place(frame.f_code, frame.f_lineno)
        at = getattr(at, "cr_await", None) or getattr(at, "gi_yieldfrom", None)


def stack(frame: FrameType | None, depth: int) -> list[str]:
    """The innermost *depth* calls of a thread, the innermost last."""
    found: list[str] = []
    while frame is not None and len(found) < depth:
        found.insert(0, place(frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return found


def grouped(waits: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """One line for all that wait in the same place, the largest group first."""
    groups: dict[str, list[str]] = {}
    for name, calls in waits:
        groups.setdefault(" > ".join(calls), []).append(name)
    for where, names in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        names.sort()
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        yield f"  {len(names)} x {shown}: {where or 'not started'}"


def report(loop: asyncio.AbstractEventLoop, interrupted: FrameType | None = None) -> str:
    """All tasks of *loop* and all threads but the one that asks; of that one, what it has *interrupted*."""
    tasks, frames = asyncio.all_tasks(loop), sys._current_frames()
    asking = threading.get_ident()
    if interrupted:
        frames[asking] = interrupted
    else:
        frames.pop(asking)
    threads = [thread for thread in threading.enumerate() if thread.ident in frames]
    return "\n".join(
        [
            f"{len(tasks)} tasks",
            *grouped((task.get_name(), chain(task)) for task in tasks),
            f"{len(threads)} threads",
            *grouped((thread.name, stack(frames[thread.ident or 0], depth=3)) for thread in threads),
            END,
        ]
    )


# endregion report


# region signal
def report_on_signal(number: signal.Signals, loop: asyncio.AbstractEventLoop, fd: int = 2) -> None:
    """Write the report to *fd* whenever the signal comes; call it in the main thread.

    A plain handler also answers when a call of Python blocks the loop, which ``loop.add_signal_handler`` does not.
    It writes past ``sys.stderr`` and ``logging``, whose locks the interrupted code may hold.
    """

    def handler(number: int, frame: FrameType | None) -> None:
        rest = (report(loop, frame) + "\n").encode()
        while rest:
            rest = rest[os.write(fd, rest) :]

    signal.signal(number, handler)


# endregion signal


# region http
class ReportServer:
    """Serves text made by functions, on the loopback interface only, from a thread that needs no event loop."""

    def __init__(self, routes: Mapping[str, Callable[[], str]], port: int = 0) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = 10  # seconds for a client that sends nothing

            def do_GET(self) -> None:
                make = routes.get(self.path)
                text = make() if make else f"there are: {', '.join(routes)}"
                self.send_response(200 if make else 404)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.end_headers()
                self.wfile.write(f"{text}\n".encode())

            def log_message(self, *args: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="reports", daemon=True)

    def __enter__(self) -> ReportServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


# endregion http
