"""Locks with a rank: a thread may take only a higher one than it holds, so no cycle can come about."""

from __future__ import annotations

import threading
from types import TracebackType


# region lock
class LockOrderError(RuntimeError):
    """A lock was asked for below or beside one that is held."""


class _Held(threading.local):
    def __init__(self) -> None:
        self.locks: list[OrderedLock] = []


_held = _Held()


class OrderedLock:
    """A lock with a *rank*, to be taken in ascending order.

    The order is checked before the lock is asked for, so that one
    thread that takes two locks the wrong way round is enough to
    find a deadlock that two threads would need to meet for.
    """

    def __init__(self, rank: int, name: str) -> None:
        self.rank, self.name = rank, name
        self._lock = threading.Lock()

    def acquire(self, timeout: float = -1) -> bool:
        """Take it within *timeout* seconds; -1 waits for ever.

        :raises LockOrderError: if one of its rank or above is held.
        """
        if _held.locks and _held.locks[-1].rank >= self.rank:
            raise LockOrderError(f"{self} after {_held.locks[-1]}")
        taken = self._lock.acquire(timeout=timeout)
        if taken:
            _held.locks.append(self)
        return taken

    def release(self) -> None:
        """Give it back, in any order.

        :raises LockOrderError: if this thread does not hold it.
        """
        if self not in _held.locks:
            raise LockOrderError(f"{self} is not held here")
        _held.locks.remove(self)
        self._lock.release()

    def __str__(self) -> str:
        return f"{self.name} (rank {self.rank})"

    # endregion lock

    def __enter__(self) -> OrderedLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
