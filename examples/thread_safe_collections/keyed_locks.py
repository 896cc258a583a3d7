"""A lock for each key: as many as are in use, or a fixed number."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


# region keyed
class KeyedLocks(Generic[K]):
    """One lock for each key that somebody holds or waits for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._entries: dict[K, _Entry] = {}

    @contextmanager
    def hold(self, key: K, timeout: float = -1) -> Iterator[None]:
        """Hold the lock of *key*, or raise a TimeoutError."""
        with self._guard:
            entry = self._entries.setdefault(key, _Entry())
            entry.users += 1
        try:
            if not entry.lock.acquire(timeout=timeout):
                raise TimeoutError(f"{key!r} is locked")
            try:
                yield
            finally:
                entry.lock.release()
        finally:
            with self._guard:
                entry.users -= 1
                if not entry.users:
                    del self._entries[key]

    def __len__(self) -> int:
        return len(self._entries)


# endregion keyed


# region striped
class StripedLocks:
    """A fixed number of locks, shared out to all keys."""

    def __init__(self, stripes: int = 64) -> None:
        self._locks = [threading.Lock() for _ in range(stripes)]

    def stripe(self, key: Hashable) -> int:
        """The number of the lock of *key*."""
        return hash(key) % len(self._locks)

    @contextmanager
    def hold(self, *keys: Hashable) -> Iterator[None]:
        """Hold all *keys*: each lock once, in ascending order."""
        with ExitStack() as held:
            for number in sorted({*map(self.stripe, keys)}):
                held.enter_context(self._locks[number])
            yield


# endregion striped
