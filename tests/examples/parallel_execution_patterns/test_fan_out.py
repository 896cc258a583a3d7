"""The four ways give the same quotes, in the order of the carriers."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns.fan_out import CARRIERS, by_gather, by_group, by_pool
from examples.quotes import Carrier, CarrierError, Parcel, Quote

EXPECTED = [Quote(840, "steady"), Quote(990, "swift")]
PARCEL = Parcel(900)


def test_tasks_keep_the_order_of_the_carriers() -> None:
    with virtual_clock():
        assert asyncio.run(by_group(CARRIERS, PARCEL)) == EXPECTED
        assert asyncio.run(by_gather(CARRIERS, PARCEL)) == EXPECTED


def test_a_pool_keeps_the_order_of_the_carriers() -> None:
    at_once = [Carrier("steady", 0, 840), Carrier("swift", 0, 990)]
    with ThreadPoolExecutor(2) as pool:
        assert by_pool(pool, at_once, PARCEL) == EXPECTED


def test_a_failure_reaches_the_caller_of_each_way() -> None:
    def carriers() -> list[Carrier]:
        return [Carrier("steady", 0, 840), Carrier("down", 0, 1, failures=1)]

    with virtual_clock():
        with pytest.raises(ExceptionGroup):
            asyncio.run(by_group(carriers(), PARCEL))
        with pytest.raises(CarrierError):
            asyncio.run(by_gather(carriers(), PARCEL))
    with ThreadPoolExecutor(2) as pool, pytest.raises(CarrierError):
        by_pool(pool, carriers(), PARCEL)
