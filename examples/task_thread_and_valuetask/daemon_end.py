"""A thread that is working when the program ends: cut off if it is a daemon, finished if it is asked and joined."""

from __future__ import annotations

import sys
import threading


# region daemon-end
def book(started: threading.Event, stop: threading.Event) -> None:
    """Book until *stop* is set, then close the books."""
    try:
        started.set()
        stop.wait()
    finally:
        print("books closed", flush=True)


def main(daemon: bool) -> None:
    """End while the thread works, or ask it to stop and wait."""
    started, stop = threading.Event(), threading.Event()
    args = started, stop
    thread = threading.Thread(target=book, args=args, daemon=daemon)
    thread.start()
    started.wait()
    if not daemon:
        stop.set()
        thread.join()
    print("main ends, thread alive:", thread.is_alive())


# endregion daemon-end
if __name__ == "__main__":
    main(daemon="--daemon" in sys.argv)
