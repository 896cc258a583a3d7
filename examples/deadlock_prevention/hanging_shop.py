"""A shop that is prepared to tell where it hangs, and hangs: two threads, two locks, in opposite order."""

from __future__ import annotations

import faulthandler
import signal
import sys
import threading

# region shop
rates, parcels = threading.Lock(), threading.Lock()
both_hold_one = threading.Barrier(2)


def refresh() -> None:
    with rates:
        both_hold_one.wait()
        with parcels:  # waits for the packer
            pass


def pack() -> None:
    with parcels:
        both_hold_one.wait()
        with rates:  # waits for the refresher
            pass


def main() -> None:
    faulthandler.register(signal.SIGUSR1, file=sys.stderr)
    threads = [threading.Thread(target=job) for job in (refresh, pack)]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    for thread in threads:
        thread.join()


# endregion shop


if __name__ == "__main__":
    main()
