"""Run a blocking function in a thread that ends when its caller is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import logging
import threading
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

log = logging.getLogger(__name__)
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


# region run
async def run_stoppable(
    func: Callable[[threading.Event, *Ts], T],
    *args: *Ts,
    grace: float = 5.0,
) -> T:
    """Return ``func(stop, *args)``, run in the default executor.

    When the caller is cancelled, *stop* is set and the thread is
    awaited for *grace* seconds, through further cancellations too,
    before the cancellation goes on.  What *func* returns after that
    is dropped, what it raises is logged.
    """
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    context = contextvars.copy_context()
    run = functools.partial(context.run, func, stop, *args)
    work = loop.run_in_executor(None, run)
    try:
        await asyncio.wait({work})  # does not cancel it
    except asyncio.CancelledError:
        stop.set()
        until = loop.time() + grace
        while not work.done() and (left := until - loop.time()) > 0:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({work}, timeout=left)
        if not work.done():
            log.warning("%r still runs %s s after its stop", func, grace)
        elif error := work.exception():
            log.warning("%r failed while stopping", func, exc_info=error)
        raise
    return work.result()


# endregion run


# region book
def book(stop: threading.Event, parcels: int, booked: list[int]) -> str:
    """Book one parcel after the other, a short blocking call each; look at *stop* in between."""
    for parcel in range(parcels):
        if stop.wait(0.01):  # the call to the carrier
            return "stopped"
        booked.append(parcel)
    return "all booked"


async def main() -> None:
    """Book a few parcels to the end, then a great many under a timeout."""
    print(await run_stoppable(book, 3, []))
    booked: list[int] = []
    try:
        async with asyncio.timeout(0.2):
            await run_stoppable(book, 1_000_000, booked)
    except TimeoutError:
        count = len(booked)
        await asyncio.sleep(0.05)
        print("timed out; booked since then:", len(booked) - count)


# endregion book


if __name__ == "__main__":
    asyncio.run(main())
