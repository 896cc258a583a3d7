"""An order comes twice under one key: a look and then an insert make two orders of it, one atomic insert makes one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from examples.quotes import Parcel
from examples.quotes.experiment import Change, main
from examples.quotes.load import Load, Request
from examples.quotes.parts import Accept, Parts, accept_on_disk
from examples.quotes.store import OrderStore

TRIES = 4  # of each order, one after the other without an answer


# region before
def look_then_insert(store: OrderStore, between: Callable[[], object] = lambda: None) -> Accept:
    """Look for the key, then insert; *between* is for tests."""
    known: dict[str, int] = {}

    def accepted(key: str, parcel: Parcel) -> tuple[int, bool]:
        if key in known:
            return known[key], False
        between()
        known[key], new = store.accept(None, parcel)  # no key on disk
        return known[key], new

    async def accept(key: str, parcel: Parcel) -> tuple[int, bool]:
        return await asyncio.to_thread(accepted, key, parcel)

    return accept


# endregion before


# region change
def impatient_order(number: int) -> Request:
    """Customers who press the button four times."""
    key = {"Idempotency-Key": f"basket {number // TRIES}"}
    return Request("/orders", "POST", key, {"grams": 1200})


CHANGE = Change(
    name="one atomic insert for a key",
    before=Parts(accept=look_then_insert),
    after=Parts(accept=accept_on_disk),
    load=Load(impatient_order, count=120, rate=1_000),
    rows=("sent", "answered", "orders", "doubled", "p50", "p99"),
    meanings={"orders": "orders on disk (30 wanted)"},
)
# endregion change

if __name__ == "__main__":
    main(CHANGE)
