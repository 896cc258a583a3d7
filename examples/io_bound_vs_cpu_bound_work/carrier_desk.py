"""A carrier to call from a worker: whoever answers its calls knows what the worker is doing, and can let it wait."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from types import TracebackType

BOUND = 60.0  # seconds; no wait comes near it unless something is broken


# region book
def book(port: int, order: str) -> str:
    """Have a carrier print a label: the worker's part."""
    address = ("127.0.0.1", port)
    with socket.create_connection(address, BOUND) as line:
        line.sendall(f"{order}|{os.getpid()}\n".encode())
        label = line.makefile().readline().strip()
        line.sendall(f"{label} is on the parcel\n".encode())
    return label


# endregion book


@dataclass
class Call:
    """A worker that waits inside :func:`book`."""

    order: str
    pid: int
    line: socket.socket

    def answer(self, label: str) -> str:
        """Let the worker go on; returns what it says at its end."""
        with self.line, self.line.makefile() as said:
            self.line.sendall(f"{label}\n".encode())
            return said.readline().strip()


class Desk:
    """The carrier's side."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(BOUND)
        self.port: int = self._server.getsockname()[1]

    def take(self) -> Call:
        """The next call: from here on a worker waits for its label."""
        line, _ = self._server.accept()
        line.settimeout(BOUND)
        with line.makefile() as said:
            order, _, pid = said.readline().partition("|")
        return Call(order, int(pid), line)

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
