"""A daemon thread that is cut off in the middle of a print, and takes the program down; without it, a joined thread."""

from __future__ import annotations

import atexit
import os
import resource
import sys
import threading


# region daemon
def write(stop: threading.Event) -> None:
    """Print more than the pipe holds, once asked to."""
    stop.wait()
    print("x" * 1_000_000, end="", flush=True)
    os.write(2, b"ended after its last line\n")


def main(daemon: bool) -> None:
    """Print into a pipe, and end meanwhile, or read and join."""
    pipe, into = os.pipe()
    sys.stdout = os.fdopen(into, "w")
    stop = threading.Event()
    thread = threading.Thread(target=write, args=(stop,), daemon=daemon)
    thread.start()
    if daemon:
        atexit.register(os.read, pipe, 1)  # it is printing now
        atexit.register(stop.set)
        return
    stop.set()
    left = 1_000_000
    while left:
        left -= len(os.read(pipe, left))
    thread.join()


# endregion daemon
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no core file
    main(daemon="--daemon" in sys.argv)
