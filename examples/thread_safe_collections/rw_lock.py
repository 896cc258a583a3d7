"""A reader/writer lock that lets no stream of readers keep a writer out; and a naive one that does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


# region naive
class NaiveReadWriteLock:
    """Broken: a writer waits until no reader is there at all."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._readers = 0

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        with self._change:
            self._readers += 1
        try:
            yield
        finally:
            with self._change:
                self._readers -= 1
                self._change.notify_all()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        with self._change:
            self._change.wait_for(lambda: not self._readers)
            yield  # with the lock held


# endregion naive


# region preferring
class ReadWriteLock:
    """Many readers or one writer; a writer that waits goes first.

    Neither kind may be taken again by its holder.
    """

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._readers = 0
        self._waiting = 0
        self._writing = False

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Share it with other readers."""
        with self._change:
            while self._writing or self._waiting:
                self._change.wait()
            self._readers += 1
        try:
            yield
        finally:
            with self._change:
                self._readers -= 1
                self._change.notify_all()

    @contextlib.contextmanager
    def writing(
        self,
        timeout: float | None = None,
    ) -> Iterator[None]:
        """Have it alone; ``TimeoutError`` if it takes too long."""
        with self._change:
            self._waiting += 1
            try:
                alone = self._change.wait_for(
                    lambda: not self._writing and not self._readers,
                    timeout,
                )
            finally:
                self._waiting -= 1
                self._change.notify_all()  # readers, if it gave up
            if not alone:
                raise TimeoutError("readers hold the lock")
            self._writing = True
        try:
            yield
        finally:
            with self._change:
                self._writing = False
                self._change.notify_all()


# endregion preferring
