"""Compare two moments of a process: which tasks, threads, file descriptors and lines of code have grown."""

from __future__ import annotations

import asyncio
import os
import re
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FDS = Path("/proc/self/fd")


# region snapshot
@dataclass(frozen=True)
class Snapshot:
    """What a process has at one moment, counted by kind."""

    tasks: Counter[str]
    threads: Counter[str]
    files: Counter[str]
    memory: tracemalloc.Snapshot | None  # while tracemalloc traces


def snapshot(loop: asyncio.AbstractEventLoop | None = None) -> Snapshot:
    """Count now; *loop* may be the one of another thread."""
    tasks = asyncio.all_tasks(loop) if loop else ()
    return Snapshot(
        Counter(task.get_coro().__qualname__ for task in tasks),  # type: ignore[union-attr]
        Counter(kind(thread.name) for thread in threading.enumerate()),
        Counter(open_files()),
        tracemalloc.take_snapshot() if tracemalloc.is_tracing() else None,
    )


def kind(name: str) -> str:
    """Thread-7 and Thread-8 are of one kind, Thread-N; so are two sockets, and two labels."""
    return re.sub(r"\d+", "N", name)


def open_files() -> Iterator[str]:
    """What the descriptors of this process stand for (Linux)."""
    for fd in os.listdir(FDS) if FDS.is_dir() else ():
        try:
            target = os.readlink(FDS / fd)
        except OSError:  # closed meanwhile, as the one of listdir is
            continue
        yield kind(target)


# endregion snapshot


# region growth
def growth(before: Snapshot, after: Snapshot, least: int = 1, least_kib: int = 1024) -> Iterator[str]:
    """A line for each kind of which there are *least* more, and each line of code that keeps *least_kib* KiB more."""
    for what in ("tasks", "threads", "files"):
        grown: Counter[str] = getattr(after, what) - getattr(before, what)
        for name, more in grown.most_common():
            if more >= least:
                yield f"{what}: +{more} {name}"
    if before.memory and after.memory:
        yield from larger(after.memory.compare_to(before.memory, "lineno"), least_kib)


def larger(rows: Iterable[tracemalloc.StatisticDiff], least_kib: int) -> Iterator[str]:
    for row in rows:  # the largest difference first
        frame = row.traceback[0]
        if row.size_diff >= least_kib * 1024 and frame.filename not in (tracemalloc.__file__, __file__):
            where = f"{Path(frame.filename).name}:{frame.lineno}"
            yield f"memory: +{row.size_diff // 1024} KiB in {row.count_diff} blocks of {where}"


# endregion growth


# region watch
class LeakWatch:
    """The first call takes the baseline and starts tracemalloc; later ones tell what has grown since."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._before: Snapshot | None = None

    def __call__(self) -> str:
        if self._before is None:
            tracemalloc.start()
            self._before = snapshot(self._loop)
            return "baseline taken: ask again after some hundred requests"
        return "\n".join(growth(self._before, snapshot(self._loop))) or "nothing has grown"

    def stop(self) -> str:
        """Forget the baseline and stop paying for tracemalloc."""
        tracemalloc.stop()
        self._before = None
        return "stopped"


# endregion watch
