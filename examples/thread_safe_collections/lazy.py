"""A value that is made once, when the first thread needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum
from typing import Final, Generic, TypeVar

T = TypeVar("T")


class _State(Enum):
    UNSET = "unset"


UNSET: Final = _State.UNSET


# region lazy
class Lazy(Generic[T]):
    """Makes its value once, in the first thread that asks.

    A failure is not kept: the next caller tries again.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._maker: int | None = None
        self._value: T | _State = UNSET

    def get(self) -> T:
        value = self._value  # one read: check and use the same
        if isinstance(value, _State):
            if self._maker == threading.get_ident():
                raise RuntimeError("make() asks for its own value")
            with self._lock:
                value = self._value  # has another been first?
                if isinstance(value, _State):
                    value = self._made()
                    self._value = value  # last: it is complete
        return value

    def _made(self) -> T:
        self._maker = threading.get_ident()
        try:
            return self._make()
        finally:
            self._maker = None


# endregion lazy
