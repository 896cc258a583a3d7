"""What crosses to workers on the symptom pages, or does not: labels, a queue, a decorated function, and rates."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.queues import Queue
from typing import Any


# region labels
def lazy_labels(parcels: Iterable[str]) -> Iterator[str]:
    """Labels one by one: a generator, which cannot be sent back."""
    for parcel in parcels:
        yield f"label {parcel}"


def all_labels(parcels: Iterable[str]) -> list[str]:
    """The same labels as a list, which can."""
    return list(lazy_labels(parcels))


# endregion labels


# region note
notes: Queue[str] | None = None


def keep_notes(queue: Queue[str]) -> None:
    """Keep the queue in this worker (the initializer)."""
    global notes
    notes = queue


def note(carrier: str) -> None:
    """Put *carrier* into the queue that this worker was given."""
    assert notes is not None
    notes.put(carrier)


# endregion note


# region logged
def logged(function: Callable[[int], int]) -> Callable[[int], int]:
    """Call *function*; its name in the module is the wrapper's from now on."""

    @functools.wraps(function)
    def call(grams: int) -> int:
        return function(grams)

    return call


@logged
def quote(grams: int) -> int:
    """The price of a parcel."""
    return 420 * -(-grams // 1000)


# endregion logged


# region lock
class LockedRates:
    """Cannot be sent: a lock belongs to its process."""

    def __init__(self) -> None:
        """Begin with one rate."""
        self.lock = threading.Lock()
        self.cents = {"swift": 990}


# endregion lock


# region sent
class SentRates(LockedRates):
    """Leaves its lock at home, and has a new one where it arrives."""

    def __getstate__(self) -> dict[str, Any]:
        """What is sent."""
        return {"cents": self.cents}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """What is made of it."""
        self.__init__()  # type: ignore[misc]
        self.__dict__.update(state)


# endregion sent
