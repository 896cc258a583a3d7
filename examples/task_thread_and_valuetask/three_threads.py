"""Three threads: one waits, one computes in C without the GIL, one computes in Python."""

from __future__ import annotations

import hashlib
import threading
import time


# region threads
def wait_for_answer(stop: threading.Event) -> None:
    """Wait for a carrier."""
    stop.wait()


def hash_labels(stop: threading.Event) -> None:
    """Compute in C code that releases the GIL."""
    label = bytes(32_000_000)
    while not stop.is_set():
        hashlib.sha256(label)


def rank_parcels(stop: threading.Event) -> None:
    """Compute in Python, with the GIL."""
    parcels = 0
    while parcels % 1000 or not stop.is_set():
        parcels += 1


def main(seconds: float) -> None:
    """Let all three work for *seconds*."""
    stop = threading.Event()
    jobs = wait_for_answer, hash_labels, rank_parcels
    threads = [threading.Thread(target=j, args=(stop,)) for j in jobs]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()


# endregion threads
if __name__ == "__main__":
    main(seconds=0.6)
