"""Who answers while this thread keeps its GIL: a thread, a subinterpreter, a process.

Three bytes of memory are all that caller and worker have in common, so both poll them.
``python -m examples.foundations.same_instant [MODEL...]`` asks all three, or those that are named.
"""

from __future__ import annotations

# region instant
import sys
import time
from multiprocessing import get_context
from multiprocessing.sharedctypes import RawArray
from threading import Thread
from typing import Any

READY, ASKED, ANSWERED = 0, 1, 2


def worker(desk: Any) -> None:
    desk[READY] = 1
    end = time.monotonic() + 30
    while not desk[ASKED] and time.monotonic() < end:
        time.sleep(0.001)
    desk[ANSWERED] = 1


def ask(desk: Any, seconds: float) -> str:
    """Ask, and compute until the answer is there."""
    end = time.monotonic() + 30
    while not desk[READY] and time.monotonic() < end:
        time.sleep(0.001)
    end = time.monotonic() + seconds
    desk[ASKED] = 1
    while not desk[ANSWERED] and time.monotonic() < end:
        pass  # nothing here gives up the GIL
    return "answered meanwhile" if desk[ANSWERED] else "had to wait"


def thread() -> str:
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    desk = bytearray(3)
    asked = Thread(target=worker, args=(desk,))
    asked.start()
    outcome = ask(desk, 0.2 if gil else 30)
    asked.join()
    return outcome


# endregion instant


# region elsewhere
def subinterpreter() -> str:
    outcome = "not in the standard library"
    if sys.version_info >= (3, 14):
        from concurrent import interpreters

        desk, other = bytearray(3), interpreters.create()
        asked = other.call_in_thread(worker, memoryview(desk))
        outcome = ask(desk, 30)
        asked.join()
        other.close()
    return outcome


def process() -> str:
    desk, spawn = RawArray("b", 3), get_context("spawn")
    asked = spawn.Process(target=worker, args=(desk,))
    asked.start()
    outcome = ask(desk, 30)
    asked.join()
    return outcome


def main() -> None:
    sys.setswitchinterval(1000)  # nobody may ask for the GIL
    models = [thread, subinterpreter, process]
    for model in models:
        if model.__name__ in sys.argv[1:] or not sys.argv[1:]:
            print(f"{model.__name__}: {model()}")


# endregion elsewhere


if __name__ == "__main__":
    main()
