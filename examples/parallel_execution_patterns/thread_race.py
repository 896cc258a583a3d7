"""The first good answer of several blocking calls; the others are told to stop, and awaited."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


# region race
def first_success_on(
    pool: ThreadPoolExecutor,
    asks: Sequence[Callable[[threading.Event], T]],
    discard: Callable[[T], object] = lambda late: None,
) -> T:
    """The first result; raises a group if all fail.

    Cancels what has not started, sets the event that each call is
    given, and waits for the rest: a call must look at its event.
    """
    stop = threading.Event()
    ended: SimpleQueue[Future[T]] = SimpleQueue()
    calls: list[Future[T]] = []
    errors: list[BaseException] = []
    winner: Future[T] | None = None
    heard = 0
    try:
        for ask in asks:
            calls.append(pool.submit(ask, stop))
            calls[-1].add_done_callback(ended.put)
        while heard < len(calls) and winner is None:
            call = ended.get()
            heard += 1
            if call.cancelled():  # by somebody else
                errors.append(CancelledError())
            elif error := call.exception():
                errors.append(error)
            else:
                winner = call
    finally:  # Ctrl-C comes here, too
        for call in calls:
            call.cancel()
        stop.set()
        for _ in range(len(calls) - heard):
            ended.get()
        for call in calls:
            lost = call is not winner and not call.cancelled()
            if lost and call.exception() is None:
                discard(call.result())
    if winner is None:
        raise BaseExceptionGroup("nobody answered", errors)
    return winner.result()


# endregion race
