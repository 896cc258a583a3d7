"""A thread that goes on after main() has ended, and what it may still start then."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


# region late-submit
def attempt(what: str, start: Callable[[], object]) -> None:
    """Call *start*, and say what came of it."""
    try:
        start()
        print(f"{what}: accepted", flush=True)
    except RuntimeError as error:
        print(f"{what}: {error}", flush=True)


async def hand_over() -> None:
    """Save in a thread of the loop's own pool."""
    await asyncio.to_thread(int)


def save_rates(pool: ThreadPoolExecutor, alone: bool) -> None:
    """Save what was learnt, in the pool or in a thread."""
    if alone:
        threading.main_thread().join()
    attempt("submit", lambda: pool.submit(int))
    attempt("to_thread", lambda: asyncio.run(hand_over()))
    attempt("thread", threading.Thread(target=int).start)


def main(alone: bool) -> None:
    """Start the saver; unless it is left *alone*, wait."""
    pool = ThreadPoolExecutor()
    saver = threading.Thread(target=save_rates, args=(pool, alone))
    saver.start()  # no daemon: Python waits for it at exit
    if not alone:
        saver.join()
        pool.shutdown()
    print("main ends", flush=True)


# endregion late-submit
if __name__ == "__main__":
    main(alone="--alone" in sys.argv)
