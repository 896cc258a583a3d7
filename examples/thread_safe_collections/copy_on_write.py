"""A map that many threads read and few change: each change publishes a new snapshot."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


# region copy-on-write
class CopyOnWriteMap(Generic[K, V]):
    """Readers take `current` without a lock and keep it."""

    def __init__(self, values: Mapping[K, V]) -> None:
        self._writing = threading.Lock()
        self._current: Mapping[K, V]
        self._current = MappingProxyType(dict(values))

    @property
    def current(self) -> Mapping[K, V]:
        """A snapshot that no later change reaches."""
        return self._current

    def change(self, edit: Callable[[dict[K, V]], object]) -> None:
        """Publish a copy that *edit* has changed, all at once.

        If *edit* raises, nothing is published; if it calls
        `change`, it waits for itself.
        """
        with self._writing:  # one writer at a time
            draft = dict(self._current)
            edit(draft)
            self._current = MappingProxyType(draft)


# endregion copy-on-write
