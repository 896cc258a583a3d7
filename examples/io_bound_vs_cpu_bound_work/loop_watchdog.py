"""A thread that reports what an event loop is doing when it misses a beat."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType

log = logging.getLogger(__name__)


# region watchdog
class LoopWatchdog:
    """Reports the loop's stack when it is stuck for *limit* seconds.

    *report* is called in the watchdog's thread, once for each block,
    with the frame in which the loop's thread is at that moment.
    """

    def __init__(
        self,
        limit: float = 0.5,
        report: Callable[[FrameType], object] | None = None,
    ) -> None:
        self.limit = limit
        self._report = report or log_stack
        self._stop, self._ended = threading.Event(), asyncio.Event()

    async def __aenter__(self) -> LoopWatchdog:
        args = asyncio.get_running_loop(), threading.get_ident()
        self._thread = threading.Thread(target=self._run, args=args)
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._ended.wait()  # until then it needs the loop
        self._thread.join()

    def _run(self, loop: asyncio.AbstractEventLoop, ident: int) -> None:
        try:
            self._watch(loop, ident)
        finally:
            loop.call_soon_threadsafe(self._ended.set)

    def _watch(self, loop: asyncio.AbstractEventLoop, ident: int) -> None:
        while not self._stop.wait(self.limit):
            answered = threading.Event()
            loop.call_soon_threadsafe(answered.set)
            if answered.wait(self.limit):
                continue
            frame = sys._current_frames().get(ident)
            if frame is not None:
                self._report(frame)
            answered.wait()  # once for each block


def log_stack(frame: FrameType) -> None:
    stack = "".join(traceback.format_stack(frame))
    log.warning("the event loop is stuck:\n%s", stack)


# endregion watchdog


# region main
def load_rates() -> None:
    """Stands for a blocking call deep in a library."""
    time.sleep(1)


async def main() -> None:
    """Block the loop for a second under a watchdog."""
    logging.basicConfig(format="%(message)s")
    async with LoopWatchdog(limit=0.2):
        load_rates()


# endregion main


if __name__ == "__main__":
    asyncio.run(main())
