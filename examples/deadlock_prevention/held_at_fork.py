"""A lock that a thread of the parent holds while workers are started."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

# region held
rates = threading.Lock()


@contextlib.contextmanager
def holding_rates() -> Iterator[None]:
    """Let a thread of this process hold the lock."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with rates:
            held.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        yield
    finally:
        done.set()
        thread.join()


def try_rates() -> bool:
    """Whether the lock can be had within half a second."""
    got = rates.acquire(timeout=0.5)
    if got:
        rates.release()
    return got


# endregion held
