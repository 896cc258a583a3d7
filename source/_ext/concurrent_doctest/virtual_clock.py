"""A clock that jumps: timers fire in order and at their time, and nobody waits for them.

Inside :func:`virtual_clock` every new event loop is a :class:`VirtualLoop`.  When all of its tasks
wait, it moves the clock to the next timer instead of sleeping, so a timeout of 30 s takes no time and
a printed duration is exact.  A loop with nothing ready and nothing scheduled can never go on, which
is reported at once as :class:`VirtualDeadlock`.

Standard library only: the same file runs under any Python from 3.11 on.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any, NoReturn

# Readings start far from zero, as on a real machine, so that no page leans on a clock that starts at 0.
START = 1_000.0
"""What ``time.monotonic`` and ``loop.time`` read when a virtual clock starts, in seconds."""

EPOCH = 1_767_268_800.0
"""What ``time.time`` reads when a virtual clock starts: 2026-01-01 12:00:00 UTC, in seconds."""


class VirtualDeadlock(RuntimeError):
    """No task can ever run again: nothing is ready and nothing is scheduled."""


class NotVirtual(RuntimeError):
    """Code on the virtual clock asked for something that takes real time."""


REAL: tuple[tuple[type, str, str], ...] = (
    (threading.Thread, "start", "threads"),
    (subprocess.Popen, "__init__", "child processes"),
    (BaseProcess, "start", "child processes"),
    (socket.socket, "__init__", "sockets"),
)
"""What takes real time: the methods that begin it, refused on a virtual clock."""


def _refusing(what: str) -> Any:
    """A function that takes anything and refuses."""

    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise NotVirtual(f"{what} take real time: set 'clock: real' for this page")

    return refuse


class _Clock:
    """Seconds since the clock was started; only ever moves forward."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def monotonic(self) -> float:
        return START + self.elapsed

    def time(self) -> float:
        return EPOCH + self.elapsed

    def sleep(self, seconds: float, /) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.elapsed += seconds


class _Selector:
    """Stands where the loop expects a selector; waiting means moving the clock."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            waiting = "\n".join(f"  {task!r}" for task in asyncio.all_tasks(self._loop))
            raise VirtualDeadlock(f"nothing is ready and nothing is scheduled; waiting:\n{waiting}")
        if timeout > 0:
            # The heap's first timer, not `timeout`: adding a difference would collect rounding errors.
            timers = self._loop._scheduled  # type: ignore[attr-defined]
            self._loop.clock.elapsed = max(timers[0]._when - START, self._loop.clock.elapsed)
        return []

    def close(self) -> None:
        """Nothing is open."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose time is *clock*; it has no sockets, subprocesses or threads."""

    def __init__(self, clock: _Clock) -> None:
        super().__init__()
        self.clock = clock
        self._selector = _Selector(self)
        # Half a nanosecond of slack would fire two timers of one instant in two turns.
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self.clock.monotonic()

    def _process_events(self, event_list: list[Any]) -> None:
        """No events: the selector never has any."""

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector, so nobody has to be woken up."""

    run_in_executor = _refusing("threads")
    # What asks for a process or a socket of its own before it comes to one of REAL.
    subprocess_exec = subprocess_shell = _refusing("child processes")
    create_unix_connection = create_unix_server = add_reader = add_writer = _refusing("sockets")

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """There never was one."""


@contextmanager
def virtual_clock() -> Iterator[None]:
    """Put new event loops, and the clocks of :mod:`time`, on one virtual clock while the block runs.

    ``time.sleep(n)`` advances it by *n* seconds: blocking code holds up the loop, without the wait.
    """
    clock = _Clock()
    replaced: dict[str, Any] = {
        "time": clock.time,
        "monotonic": clock.monotonic,
        "perf_counter": clock.monotonic,
        "time_ns": lambda: round(clock.time() * 1e9),
        "monotonic_ns": lambda: round(clock.monotonic() * 1e9),
        "perf_counter_ns": lambda: round(clock.monotonic() * 1e9),
        "sleep": clock.sleep,
    }
    originals = {name: getattr(time, name) for name in replaced}

    def new_event_loop() -> VirtualLoop:
        return VirtualLoop(clock)

    factory = asyncio.new_event_loop
    guarded = [(kind, name, getattr(kind, name)) for kind, name, _ in REAL]
    try:
        for kind, name, what in REAL:
            setattr(kind, name, _refusing(what))
        for name, function in replaced.items():
            setattr(time, name, function)
        for module in (asyncio, asyncio.events):
            setattr(module, "new_event_loop", new_event_loop)  # noqa: B010
        yield
    finally:
        for name, function in originals.items():
            setattr(time, name, function)
        for module in (asyncio, asyncio.events):
            setattr(module, "new_event_loop", factory)  # noqa: B010
        for kind, name, original in guarded:
            setattr(kind, name, original)
