"""A cache for awaitable answers: one call for all who ask at once, and nothing but results is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


# region single-flight
class SingleFlight(Generic[K, V]):
    """Calls *load* once for all who ask for a key meanwhile."""

    def __init__(
        self,
        load: Callable[[K], Coroutine[Any, Any, V]],
    ) -> None:
        self._load = load
        self._values: dict[K, V] = {}
        self._calls: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        """The value of *key*; a known one costs no turn."""
        if key in self._values:
            return self._values[key]
        call = self._calls.get(key)
        if call is None:
            call = asyncio.create_task(self._load(key))
            self._calls[key] = call
            call.add_done_callback(partial(self._ended, key))
        # A caller that is cancelled leaves the call to the others.
        return await asyncio.shield(call)

    def _ended(self, key: K, call: asyncio.Task[V]) -> None:
        del self._calls[key]
        if not call.cancelled() and call.exception() is None:
            self._values[key] = call.result()


# endregion single-flight
