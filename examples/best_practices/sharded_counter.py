"""A counter with a part for each thread: nobody waits to count, and whoever reads adds the parts up."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from contextlib import AbstractContextManager

Guard = AbstractContextManager[object]
Part = tuple[weakref.ref[threading.Thread], dict[str, int]]


# region counter
class ShardedCounter:
    """Counts names in many threads.

    The lock is taken for the first count of each thread and for
    each reading; the counts between need none.
    """

    def __init__(self, lock: Guard | None = None) -> None:
        self._parts_lock = lock or threading.Lock()
        self._parts: list[Part] = []
        self._ended: Counter[str] = Counter()
        self._own = threading.local()

    def count(self, name: str) -> None:
        try:
            counts: dict[str, int] = self._own.counts
        except AttributeError:
            counts = self._own.counts = self._registered()
        counts[name] = counts.get(name, 0) + 1  # one writer

    def total(self) -> Counter[str]:
        """Has what happened before, such as by a join."""
        with self._parts_lock:
            self._fold()
            parts = [counts.copy() for _, counts in self._parts]
            total = self._ended.copy()
        for part in parts:
            total.update(part)
        return total

    def _registered(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        owner = weakref.ref(threading.current_thread())
        with self._parts_lock:
            self._fold()
            self._parts.append((owner, counts))
        return counts

    def _fold(self) -> None:
        """Keep the sums of threads that are gone, not their parts."""
        kept = []
        for owner, counts in self._parts:
            if owner() is None:
                self._ended.update(counts)
            else:
                kept.append((owner, counts))
        self._parts = kept


# endregion counter
