"""Let threads race for one operation, and count how often an invariant did not hold.

A :class:`Trial` is one race; a :class:`Row` is an operation with what Python's documentation says of it.
Nothing here decides whether an operation is safe: a race that finds nothing proves nothing.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier, Thread

WORKERS, ROUNDS = 4, 2000
SWITCH = 1e-5
"""Seconds after which a GIL build lets another thread in, in place of 0.005."""


# region trial
@dataclass(frozen=True)
class Trial:
    """One race: *work* in each thread, then a count.

    *broken* says how often the invariant did not hold; an
    exception that *work* raises counts as well.
    """

    work: Callable[[int], None]
    broken: Callable[[], int]
    operations: int = WORKERS * ROUNDS


@dataclass
class Tally:
    operations: int = 0
    violations: int = 0
    exceptions: Counter[str] = field(default_factory=Counter)


def race(trial: Trial, tally: Tally) -> None:
    """Run *trial* once, in threads that start together."""
    start, errors = Barrier(WORKERS), list[str]()

    def run(worker: int) -> None:
        start.wait(60)
        try:
            trial.work(worker)
        except Exception as error:
            errors.append(type(error).__name__)

    threads = [Thread(target=run, args=(n,)) for n in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.operations += trial.operations
    tally.violations += trial.broken() + len(errors)
    tally.exceptions.update(errors)


# endregion trial


@contextmanager
def switching() -> Iterator[None]:
    """Let a GIL build change threads far more often than it does by itself."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def stress(trial: Callable[[], Trial], seconds: float) -> Tally:
    """Race a new trial again and again, for *seconds* and at least once."""
    tally, end = Tally(), time.monotonic() + seconds
    with switching():
        while True:
            race(trial(), tally)
            if time.monotonic() >= end:
                return tally


ATOMIC, SAFE, LOCK_FREE = "atomic", "safe", "lock-free"
"""What the documentation promises: one step; nothing is damaged or lost; may see another operation half done."""

NOT_SAFE, SILENT = "not safe", "silent"
"""It promises nothing, and says so; it says nothing."""


@dataclass(frozen=True)
class Row:
    """An operation that readers use, and how it is tried."""

    group: str
    operation: str
    invariant: str
    documented: str
    source: str
    """Where: ``ref:LABEL`` or ``class:NAME`` of Python's manual, or an address; empty for *SILENT*."""
    trial: Callable[[], Trial]
    forced: str = ""
    """The label of the section that breaks it on purpose."""
    chance: str = ""
    """The label of the section that says why no Python code can break it on purpose."""
    issue: int = 0
    """The number of CPython's issue about it."""
    since: tuple[int, int] = (3, 11)

    @property
    def key(self) -> str:
        """The name of the function that tries it."""
        return self.trial.__name__

    @property
    def exists(self) -> bool:
        """Whether this interpreter has the operation."""
        return sys.version_info >= self.since


ROWS: dict[str, Row] = {}
"""All rows by their keys, in the order of the table."""


def row(
    group: str,
    operation: str,
    invariant: str,
    documented: str,
    source: str = "",
    *,
    forced: str = "",
    chance: str = "",
    issue: int = 0,
    since: tuple[int, int] = (3, 11),
) -> Callable[[Callable[[], Trial]], Callable[[], Trial]]:
    """Make the decorated function a row; it builds a trial with objects of its own."""

    def register(trial: Callable[[], Trial]) -> Callable[[], Trial]:
        added = Row(group, operation, invariant, documented, source, trial, forced, chance, issue, since)
        if added.key in ROWS:
            raise ValueError(f"two rows {added.key}")
        ROWS[added.key] = added
        return trial

    return register
