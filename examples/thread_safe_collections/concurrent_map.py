"""A map for threads: what would be a check and an act is one step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


# region map
class ConcurrentMap(Generic[K, V]):
    """A map whose compound operations are one step for others.

    A function that you pass in runs once, under the map's lock:
    keep it short; it gets a RuntimeError if it uses the map.
    """

    def __init__(self) -> None:
        self._values: dict[K, V] = {}
        self._lock = threading.Lock()
        self._holder: int | None = None

    def get_or_add(self, key: K, make: Callable[[], V]) -> V:
        """The value of *key*; a missing one is made and kept."""
        with self._locked() as values:
            if key not in values:
                values[key] = make()
            return values[key]

    def add_or_update(
        self,
        key: K,
        new: V,
        change: Callable[[V], V],
    ) -> V:
        """Store *new*, or *change* of the value that is there."""
        with self._locked() as values:
            found = key in values
            values[key] = change(values[key]) if found else new
            return values[key]

    def update(self, key: K, change: Callable[[V], V]) -> V:
        """Replace the value of *key*; KeyError if there is none."""
        with self._locked() as values:
            values[key] = changed = change(values[key])
            return changed

    def replace(self, key: K, expected: V, value: V) -> bool:
        """Compare and swap: only if *expected* is still there."""
        with self._locked() as values:
            if key not in values or values[key] != expected:
                return False
            values[key] = value
            return True

    def get(self, key: K) -> V | None:
        """The value of *key*, or None."""
        with self._locked() as values:
            return values.get(key)

    def pop(self, key: K) -> V | None:
        """Take the value out; only one caller gets it."""
        with self._locked() as values:
            return values.pop(key, None)

    def snapshot(self) -> dict[K, V]:
        """A copy, to loop over."""
        with self._locked() as values:
            return values.copy()

    @contextmanager
    def _locked(self) -> Iterator[dict[K, V]]:
        if self._holder == threading.get_ident():
            raise RuntimeError("called from inside the same map")
        with self._lock:
            self._holder = threading.get_ident()
            try:
                yield self._values
            finally:
                self._holder = None


# endregion map
