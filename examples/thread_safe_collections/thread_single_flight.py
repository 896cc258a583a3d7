"""A cache for threads: one call for all who ask at once, and nothing but results is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


# region single-flight
class ThreadSingleFlight(Generic[K, V]):
    """Calls *load* once for all threads that ask meanwhile."""

    def __init__(self, load: Callable[[K], V]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._values: dict[K, V] = {}
        self._calls: dict[K, tuple[int, Future[V]]] = {}

    def get(self, key: K, timeout: float | None = None) -> V:
        """The value of *key*, loaded by the first who asks.

        TimeoutError: another thread's call took longer.
        CancelledError: that thread was interrupted in it.
        """
        me = threading.get_ident()
        with self._lock:
            if key in self._values:
                return self._values[key]
            found = self._calls.get(key)
            if found is None:
                mine = Future[V]()
                self._calls[key] = me, mine
        if found is None:
            return self._lead(key, mine)
        leader, call = found
        if leader == me:
            raise RuntimeError(f"loading {key!r} asks for {key!r}")
        return call.result(timeout)

    def _lead(self, key: K, call: Future[V]) -> V:
        try:
            value = self._load(key)
        except BaseException as error:
            with self._lock:
                del self._calls[key]  # the next one tries again
            if isinstance(error, Exception):
                call.set_exception(error)
            else:
                call.cancel()
            raise
        with self._lock:
            self._values[key] = value
            del self._calls[key]
        call.set_result(value)
        return value


# endregion single-flight
