"""Tell whether a call waits, computes, or computes in C code that leaves the GIL to others.

A tool for a desk, not for a service: it changes the switch interval of the whole process while it measures.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


# region numbers
@dataclass(frozen=True, slots=True)
class Measured:
    """What one call did with its seconds on the clock."""

    wall: float
    processor: float  # seconds of the calling thread
    room: float  # 0 to 1: how much another thread could run
    spare: float = 1.0  # what a loop that computes got before

    @property
    def share(self) -> float:
        """0: it waits; 1: it computes all the time."""
        return min(1.0, self.processor / self.wall / self.spare)

    @property
    def verdict(self) -> str:
        does = "waits" if self.share < 0.2 else "computes"
        if self.room < 0.1:
            return f"{does}, holds the GIL"
        return f"{does}, others can run"


# endregion numbers


BEAT = 0.001  # seconds between two beats of the thread beside
NEVER = 3600.0  # a switch interval that no call outlasts
ENOUGH = 0.1  # seconds; a shorter call leaves no room for beats


def spare(seconds: float = 0.02) -> float:
    """The share of a core that a loop gets here and now: 1.0 on a machine with nothing else to do."""
    wall, processor = time.perf_counter(), time.thread_time()
    while time.thread_time() - processor < seconds:
        pass
    return (time.thread_time() - processor) / (time.perf_counter() - wall)


# region measure
def measure(call: Callable[[], object]) -> Measured:
    """Repeat *call* for 0.1 s, or run it once if it takes longer."""
    before, beats, done = spare(), 0, threading.Event()

    def beat() -> None:
        nonlocal beats
        while not done.is_set():
            time.sleep(BEAT)
            beats += 1

    beside = threading.Thread(target=beat)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(NEVER)  # no thread is asked to yield
    try:
        beside.start()
        beats = 0
        wall, processor = time.perf_counter(), time.thread_time()
        call()
        while time.perf_counter() - wall < ENOUGH:
            call()
        processor = time.thread_time() - processor
        wall = time.perf_counter() - wall
        room = min(1.0, beats * BEAT / wall)
    finally:
        done.set()
        sys.setswitchinterval(interval)
        beside.join()
    return Measured(wall, processor, room, before)


# endregion measure


def main() -> None:
    """Measure the function that is named on the command line, as in ``json:dumps``, called without arguments."""
    module, _, name = sys.argv[1].partition(":")
    call = getattr(__import__(module, fromlist=["_"]), name)
    found = measure(call)
    print(f"{found.verdict}: processor {found.share:.0%}, room {found.room:.0%}, spare {found.spare:.0%}")


if __name__ == "__main__":
    main()
