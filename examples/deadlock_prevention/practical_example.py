"""Reports lock depots in the order in which the customer lists them, or in one order for all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from examples.quotes.experiment import Change, main
from examples.quotes.load import Load, Request
from examples.quotes.parts import Parts, Settings

Order = Callable[[Sequence[str]], Iterable[str]]


# region before
def as_listed(depots: Sequence[str]) -> Iterable[str]:
    """Take the locks as the customer lists the depots."""
    return depots


# endregion before


# region after
def in_one_order(depots: Sequence[str]) -> Iterable[str]:
    """Take the locks in one order, whoever asks."""
    return sorted(depots)


# endregion after


# region forced
def each_holds_one(order: Order, reports: int = 2) -> Order:
    """*order*, with a meeting after the first lock: no report asks for a second before each of *reports* holds one."""
    meeting = threading.Barrier(reports)

    def forced(depots: Sequence[str]) -> Iterator[str]:
        for position, depot in enumerate(order(depots)):
            if position == 1:
                meeting.wait(60)
            yield depot

    return forced


# endregion forced


# region change
def reports(number: int) -> Request:
    """Two customers with the same two depots, in turn."""
    depots = ("east,west", "west,east")[number % 2]
    return Request(f"/report?depots={depots}")


CHANGE = Change(
    name="one order of locks",
    before=Parts(lock_order=as_listed),
    after=Parts(lock_order=in_one_order),
    settings=Settings(deadline=1.0),  # for all locks of a report
    load=Load(reports, count=30, rate=200),
    rows=("sent", "answered", "failed", "p50", "p99"),
    meanings={"failed": "ran into their deadline (504)"},
)
# endregion change

if __name__ == "__main__":
    main(CHANGE)
