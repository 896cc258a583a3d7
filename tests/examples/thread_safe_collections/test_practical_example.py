"""Two posts under one key, both past the look before either inserts: two orders before the change, one after it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from functools import partial

from examples.quotes import Parcel
from examples.quotes.experiment import compare
from examples.quotes.load import Load
from examples.quotes.parts import Parts
from examples.quotes.store import OrderStore
from examples.thread_safe_collections.practical_example import CHANGE, TRIES, impatient_order, look_then_insert


def test_two_at_once_are_two_orders_before_and_one_after() -> None:
    both = threading.Barrier(2)
    before = Parts(accept=partial(look_then_insert, between=lambda: both.wait(60)))
    found = compare(replace(CHANGE, before=before), load=Load(impatient_order, count=2))
    seen = {side: (found[side]["statuses"], found[side]["orders"], found[side]["doubled"]) for side in found}
    assert seen == {"before": ({"201": 2}, 2, 1), "after": ({"200": 1, "201": 1}, 1, 0)}


def test_one_after_the_other_is_one_order_and_a_restart_forgets_the_key() -> None:
    async def main() -> None:
        with OrderStore(":memory:") as store:
            accept = look_then_insert(store)
            assert await accept("basket 1", Parcel(1200)) == (1, True)
            assert await accept("basket 1", Parcel(1200)) == (1, False)
            assert await look_then_insert(store)("basket 1", Parcel(1200)) == (2, True)

    asyncio.run(main())


def test_the_load_wants_as_many_orders_as_the_table_says() -> None:
    assert f"({CHANGE.load.count // TRIES} wanted)" in CHANGE.meanings["orders"]
