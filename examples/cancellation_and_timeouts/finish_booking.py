"""Book a label under a deadline: once the carrier has charged, the booking is completed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


# region finish
async def finish(coro: Coroutine[Any, Any, T], grace: float) -> T:
    """Run *coro* to its end, also when the caller is cancelled.

    After a cancellation *coro* has *grace* seconds more; then it is
    cancelled too.  The caller's cancellation is always re-raised,
    and only once *coro* has ended; a result is then dropped.
    """
    task = asyncio.create_task(coro)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(grace, task.cancel)
        while not task.done():
            # Cancelled again: Task.cancelling() has counted it.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        timer.cancel()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            report: dict[str, Any] = {
                "message": "failed after its caller was cancelled",
                "exception": error,
                "task": task,
            }
            loop.call_exception_handler(report)
        raise


# endregion finish


# region book
async def book(carrier: str, labels: list[str]) -> str:
    """Two steps that belong together: the charge, the label."""
    await asyncio.sleep(1)
    print("charged by", carrier)
    await asyncio.sleep(1)
    labels.append(f"{carrier}-1")
    return labels[-1]


async def order(carrier: str, deadline: float) -> list[str]:
    """Return the labels that exist once the order has ended."""
    labels: list[str] = []
    try:
        async with asyncio.timeout(deadline):
            work = book(carrier, labels)
            print("booked", await finish(work, grace=5))
    except TimeoutError:
        print("too late for the shop")
    return labels


# endregion book


def main() -> None:
    print(asyncio.run(order("swift", deadline=30)))
    print(asyncio.run(order("steady", deadline=1.5)))


if __name__ == "__main__":
    main()
