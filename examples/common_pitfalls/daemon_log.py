"""A thread that prints while the program ends: as a daemon it takes the program down, joined it does not."""

from __future__ import annotations

import atexit
import os
import resource
import sys
import threading

SIZE = 1_000_000


# region daemon-log
def report(stop: threading.Event) -> None:
    """Print a long report when asked to stop."""
    stop.wait()
    try:
        print("x" * SIZE, end="", flush=True)
    finally:
        os.write(2, b"report: finally\n")


def collect(pipe: int, count: int) -> None:
    """Read *count* bytes, as a slow log collector does."""
    while count > 0:
        count -= len(os.read(pipe, count))


def main(daemon: bool) -> None:
    """End while the thread prints, or wait for it."""
    pipe, into = os.pipe()
    sys.stdout = os.fdopen(into, "w")
    stop = threading.Event()
    thread = threading.Thread(target=report, args=(stop,), daemon=daemon)
    thread.start()
    if daemon:
        atexit.register(collect, pipe, 1)  # it prints now
        atexit.register(stop.set)
    else:
        stop.set()
        collect(pipe, SIZE)
        thread.join()


# endregion daemon-log
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it may abort: no core file
    main(daemon="--daemon" in sys.argv)
