"""A lock that knows its holder and its waiters, draws who waits for whom, and refuses to close a cycle."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import TracebackType


# region lock
class WouldDeadlock(RuntimeError):
    """Waiting here would close a cycle; its steps are *cycle*."""

    def __init__(self, cycle: list[str]) -> None:
        super().__init__(" -> ".join(cycle))
        self.cycle = cycle


_registry = threading.Lock()
_waiting: dict[threading.Thread, WatchedLock] = {}


class WatchedLock:
    """A lock with a *name*, a holder and, by default, a refusal.

    With ``refuse=False`` it waits like any lock, so that a hang can
    be looked at from outside by :func:`wait_graph`.
    """

    def __init__(self, name: str, *, refuse: bool = True) -> None:
        self.name, self.refuse = name, refuse
        self.holder: threading.Thread | None = None
        self._lock = threading.Lock()

    def acquire(self, timeout: float = -1) -> bool:
        """Take it within *timeout* seconds; -1 waits for ever.

        :raises WouldDeadlock: if its holder waits for the caller.
        """
        me = threading.current_thread()
        with _registry:
            if self.refuse and (cycle := self._cycle(me)):
                raise WouldDeadlock(cycle)
            _waiting[me] = self
        taken = False
        try:
            taken = self._lock.acquire(timeout=timeout)
        finally:
            with _registry:
                del _waiting[me]
                if taken:
                    self.holder = me
        return taken

    def release(self) -> None:
        """Give it back; only its holder does."""
        with _registry:
            if self.holder is not threading.current_thread():
                raise RuntimeError(f"{self.name} is not yours")
            self.holder = None
        self._lock.release()

    def _cycle(self, me: threading.Thread) -> list[str]:
        """From *me* over holders and what they wait for."""
        steps = [me.name]
        lock: WatchedLock | None = self
        while lock is not None and lock.holder is not None:
            steps += [lock.name, lock.holder.name]
            if lock.holder is me:
                return steps
            lock = _waiting.get(lock.holder)
        return []

    # endregion lock

    def __enter__(self) -> WatchedLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


# region graph
@dataclass(frozen=True, slots=True, order=True)
class Wait:
    """*waiter* waits for *lock*, which *holder* holds."""

    waiter: str
    lock: str
    holder: str


def wait_graph() -> list[Wait]:
    """Who waits for whom at this moment, by name."""
    with _registry:
        return sorted(
            Wait(thread.name, lock.name, lock.holder.name)
            for thread, lock in _waiting.items()
            if lock.holder is not None
        )


# endregion graph
