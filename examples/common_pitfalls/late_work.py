"""Work that is started when the program ends: by atexit, by a destructor, or in time."""

from __future__ import annotations

import asyncio
import atexit
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


# region late-work
def attempt(what: str, start: Callable[[], object]) -> None:
    """Call *start*, and say what came of it."""
    try:
        start()
        print(f"{what}: accepted", flush=True)
    except RuntimeError as error:
        name = type(error).__name__
        print(f"{what}: {name}: {error}", flush=True)


async def hand_over() -> None:
    """Save in a thread of the loop's own pool."""
    await asyncio.to_thread(int)


def save(used: ThreadPoolExecutor, idle: ThreadPoolExecutor) -> None:
    """Save the rates, in each of the ways that there are."""
    attempt("used pool", lambda: used.submit(int))
    attempt("unused pool", lambda: idle.submit(int))
    attempt("to_thread", lambda: asyncio.run(hand_over()))


def main(late: bool) -> None:
    """Save at exit, or while the pools live."""
    used, idle = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
    used.submit(int).result()
    if late:
        atexit.register(save, used, idle)
    else:
        with used, idle:
            save(used, idle)
    print("main ends", flush=True)


# endregion late-work


# region late-thread
class Rates:
    """Saves itself in a thread when it is collected."""

    def __del__(
        self,
        attempt: Callable[[str, Callable[[], object]], None] = attempt,
        thread: type[threading.Thread] = threading.Thread,
    ) -> None:
        """Start the thread that saves."""
        attempt("thread", thread(target=int).start)


def collected_late() -> Rates:
    """Keep the rates alive until the interpreter clears its modules."""
    return Rates()


# endregion late-thread

if __name__ == "__main__":
    if "--collected" in sys.argv:
        rates = collected_late()
    else:
        main(late="--late" in sys.argv)
