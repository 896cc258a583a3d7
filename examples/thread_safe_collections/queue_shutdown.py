"""A ``queue.Queue`` with ``shutdown()`` on every Python: the one of the library from 3.13 on, and its like before."""

from __future__ import annotations

import queue
import sys
from typing import TypeVar

T = TypeVar("T")


# region like
class ShutDown(Exception):
    """The queue is shut down."""


class ShutdownQueue(queue.Queue[T]):
    """What ``queue.Queue`` of 3.13 does; for 3.11 and 3.12."""

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        self.is_shutdown = False

    def put(
        self,
        item: T,
        block: bool = True,
        timeout: float | None = None,
    ) -> None:
        with self.not_full:
            limit = timeout if block else 0
            if not self.not_full.wait_for(self._may_put, limit):
                raise queue.Full
            if self.is_shutdown:
                raise ShutDown
            self._put(item)
            self.unfinished_tasks += 1
            self.not_empty.notify()

    def get(
        self,
        block: bool = True,
        timeout: float | None = None,
    ) -> T:
        with self.not_empty:
            limit = timeout if block else 0
            if not self.not_empty.wait_for(self._may_get, limit):
                raise queue.Empty
            if not self._qsize():
                raise ShutDown
            item: T = self._get()
            self.not_full.notify()
            return item

    def shutdown(self, immediate: bool = False) -> None:
        """No more puts; gets until it is empty, or none."""
        with self.mutex:
            self.is_shutdown = True
            while immediate and self._qsize():
                self._get()
                if self.unfinished_tasks:
                    self.unfinished_tasks -= 1
            self.all_tasks_done.notify_all()
            self.not_empty.notify_all()
            self.not_full.notify_all()

    def _may_put(self) -> bool:
        room = self.maxsize <= 0 or self._qsize() < self.maxsize
        return self.is_shutdown or room

    def _may_get(self) -> bool:
        return self.is_shutdown or self._qsize() > 0


# endregion like

# region choose
if sys.version_info >= (3, 13):
    from queue import Queue, ShutDown
else:
    Queue = ShutdownQueue
# endregion choose

__all__ = ["Queue", "ShutDown", "ShutdownQueue"]
