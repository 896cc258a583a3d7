"""A price list: all calls at once before the change, and as many as are allowed after it; all prices in their order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns.practical_example import CHANGE, batch_of_tasks, price_list
from examples.quotes import CarrierError, Parcel, Quote
from examples.quotes.carrier_servers import LocalCarrier
from examples.quotes.experiment import compare
from examples.quotes.load import Load

PARCELS = [Parcel(grams) for grams in (1, 2, 3)]


def test_workers_keep_to_the_limit_and_get_all_prices() -> None:
    carriers = [LocalCarrier("steady", delay=0.001, limit=2)]
    change = replace(CHANGE, carriers=carriers, settings=replace(CHANGE.settings, batch_at_once=2))
    after = compare(change, load=Load(partial(price_list, parcels=6), count=1))["after"]
    assert (after["statuses"], after["priced"]) == ({"200": 1}, 6)
    assert after["carrier_refused"] == 0
    assert after["most_at_once"] <= 2


def test_refused_parcels_have_no_price_and_the_list_is_answered() -> None:
    change = replace(CHANGE, carriers=[LocalCarrier("steady", limit=0)])
    found = compare(change, load=Load(partial(price_list, parcels=3), count=1))
    for side in ("before", "after"):
        seen = found[side]
        assert (seen["statuses"], seen["priced"], seen["carrier_refused"]) == ({"200": 1}, 0, 3)


def test_tasks_ask_for_all_at_once_and_answer_in_order() -> None:
    under_way: list[int] = []

    async def ask(parcel: Parcel) -> Quote:
        under_way.append(parcel.grams)
        await asyncio.sleep(30 - parcel.grams)
        assert len(under_way) == len(PARCELS)
        if parcel.grams == 2:
            raise CarrierError("429")
        return Quote(parcel.grams, "steady")

    with virtual_clock():
        first, second, third = asyncio.run(batch_of_tasks(ask, PARCELS, 1))
    assert (first, third) == (Quote(1, "steady"), Quote(3, "steady"))
    assert isinstance(second, CarrierError)


def test_tasks_end_with_their_caller() -> None:
    ended: list[int] = []

    async def ask(parcel: Parcel) -> Quote:
        try:
            return await asyncio.Future[Quote]()
        finally:
            ended.append(parcel.grams)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await batch_of_tasks(ask, PARCELS, 1)

    with virtual_clock():
        asyncio.run(main())
    assert sorted(ended) == [1, 2, 3]
