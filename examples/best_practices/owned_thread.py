"""A thread that its starter ends: named, told to stop, joined within a limit that is checked, heard when it fails."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType


# region owned
class StillRunning(Exception):
    """The thread did not end in time; the message is its stack."""


class OwnedThread:
    """Runs ``target(stop)`` while the block is entered.

    Leaving the block sets *stop*, joins for *limit* seconds, and
    raises what the thread raised, or :exc:`StillRunning`.  A daemon,
    so that a thread that hangs cannot keep the process.
    """

    def __init__(
        self,
        name: str,
        target: Callable[[threading.Event], object],
        *,
        limit: float = 5.0,
    ) -> None:
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._target, self._limit = target, limit
        self._thread = threading.Thread(
            target=self._run,
            name=name,
            daemon=True,
        )

    def _run(self) -> None:
        try:
            self._target(self.stop)
        except BaseException as error:
            self.error = error

    def close(self, limit: float | None = None) -> None:
        """Stop it, and see that it has ended within *limit*."""
        self.stop.set()
        self._thread.join(self._limit if limit is None else limit)
        if self._thread.is_alive():
            frame = sys._current_frames().get(self._thread.ident or 0)
            stack = "".join(traceback.format_stack(frame))
            raise StillRunning(f"{self._thread.name}:\n{stack}")
        if self.error is not None:
            raise self.error

    def __enter__(self) -> OwnedThread:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except BaseException as late:
            if error is None:
                raise
            error.add_note(f"{self._thread.name} as well: {late!r}")


# endregion owned
