"""One policy for the four places in which an error is lost: each ends in the log and in a counter."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections import Counter
from concurrent.futures import Future
from typing import Any, TypeVar

log = logging.getLogger(__name__)
F = TypeVar("F", "Future[Any]", "asyncio.Future[Any]")


# region surfacing
class Surfacing:
    """Logs and counts what no caller gets to see."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._before = threading.excepthook, sys.unraisablehook
        threading.excepthook = self._thread
        sys.unraisablehook = self._unraisable

    def uninstall(self) -> None:
        """Put back the hooks that were there before."""
        threading.excepthook, sys.unraisablehook = self._before

    def watch_loop(self) -> None:
        """Call this first in ``main()``: each loop has its own."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._loop)

    def watch(self, future: F) -> F:
        """For a future or task whose result nobody asks for."""
        future.add_done_callback(self._future)
        return future

    def _lost(self, place: str, what: str, error: object) -> None:
        self.counts[place] += 1
        known = error if isinstance(error, BaseException) else None
        log.error("lost in %s: %s", place, what, exc_info=known)

    def _loop(
        self,
        loop: asyncio.AbstractEventLoop,
        context: dict[str, Any],
    ) -> None:
        self._lost("loop", context["message"], context.get("exception"))

    def _thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:  # as the default hook
            name = args.thread.name if args.thread else "a thread"
            self._lost("thread", name, args.exc_value)

    def _unraisable(self, args: sys.UnraisableHookArgs) -> None:
        # No reference to args.object may stay: it is being deleted.
        what = type(args.object).__name__
        self._lost("unraisable", what, args.exc_value)

    def _future(self, future: Future[Any] | asyncio.Future[Any]) -> None:
        if not future.cancelled() and (error := future.exception()):
            self._lost("future", type(future).__name__, error)


def install() -> Surfacing:
    """Call this once, before the first thread starts."""
    return Surfacing()


# endregion surfacing
