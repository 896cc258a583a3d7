"""A cache that looks, awaits and stores: all who ask in the meantime make a call of their own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


# region plain-cache
class PlainCache(Generic[K, V]):
    """Keeps what *load* returned, and asks it if need be."""

    def __init__(
        self,
        load: Callable[[K], Coroutine[Any, Any, V]],
    ) -> None:
        self._load = load
        self._values: dict[K, V] = {}

    async def get(self, key: K) -> V:
        """The value of *key*; others may ask meanwhile."""
        if key not in self._values:
            self._values[key] = await self._load(key)
        return self._values[key]


# endregion plain-cache
