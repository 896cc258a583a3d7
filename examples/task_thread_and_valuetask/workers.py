"""What child processes of this topic run: in a module of its own that imports nothing, as each child imports it."""

from __future__ import annotations

import os
from typing import Protocol


class Event(Protocol):
    """An event that processes share."""

    def set(self) -> None: ...

    def wait(self, timeout: float | None = None) -> bool: ...


def nothing() -> None:
    """The work: none."""


# region workers
def wait(ready: Event, go: Event) -> None:
    """Set *ready*, then wait for *go*."""
    ready.set()
    go.wait(30)


def refuse(log: str) -> None:
    """Fail, with stderr going to the file *log*."""
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT), 2)
    raise ValueError("label too long")


# endregion workers
