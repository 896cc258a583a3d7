"""A condition that tells when somebody waits on it: what a test needs instead of a sleep."""

from __future__ import annotations

import threading


# region told
class ToldCondition(threading.Condition):
    """Releases *waits* each time that a thread begins to wait.

    The lock is held at that moment, so whoever takes it next
    finds the thread waiting.
    """

    def __init__(self, lock: threading.Lock | None = None) -> None:
        super().__init__(lock)
        self.waits = threading.Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.release()
        return super().wait(timeout)


# endregion told
