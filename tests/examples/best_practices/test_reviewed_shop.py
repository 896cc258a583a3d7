"""The reviewed shop sells what it has, once, within its bounds, and tells who failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.load import CountedCarrier
from examples.best_practices.reviewed_shop import NoAnswer, Shop, SoldOut
from examples.quotes import Carrier, CarrierError, Parcel, Quote

PARCEL = Parcel(800)


def run(main: Callable[[], Coroutine[object, object, None]]) -> None:
    with virtual_clock():
        asyncio.run(main())


async def write(quote: Quote) -> None:
    await asyncio.sleep(0.1)


def test_an_order_is_the_cheapest_quote_and_is_written() -> None:
    async def main() -> None:
        written: list[Quote] = []

        async def note(quote: Quote) -> None:
            await asyncio.sleep(0.1)
            written.append(quote)

        shop = Shop([Carrier("swift", 0.05, 990), Carrier("steady", 0.2, 840)], 2, note)
        assert await shop.order(PARCEL) == Quote(840, "steady")
        assert written == [Quote(840, "steady")]
        assert (shop.labels, shop.failed) == (1, {})

    run(main)


def test_no_more_labels_are_sold_than_there_are_and_no_more_calls_are_open_than_allowed() -> None:
    async def main() -> None:
        swift, steady = CountedCarrier("swift", 0.05, 990), CountedCarrier("steady", 0.2, 840)
        shop = Shop([swift, steady], 150, write)
        orders = await asyncio.gather(*(shop.order(PARCEL) for _ in range(200)), return_exceptions=True)
        assert sum(isinstance(order, Quote) for order in orders) == 150
        assert sum(isinstance(order, SoldOut) for order in orders) == 50
        assert shop.labels == 0
        assert (swift.most_open, steady.most_open) == (20, 20)

    run(main)


def test_a_carrier_that_fails_is_counted_and_the_other_answers() -> None:
    async def main() -> None:
        shop = Shop([Carrier("swift", 0.05, 990), Carrier("steady", 0.2, 840, failures=1)], 1, write)
        assert await shop.order(PARCEL) == Quote(990, "swift")
        assert shop.failed == {("steady", "CarrierError"): 1}

    run(main)


def test_no_answer_gives_the_label_back_and_has_the_errors() -> None:
    async def main() -> None:
        shop = Shop([Carrier("slow", 30, 610), Carrier("steady", 0.2, 840, failures=1)], 1, write)
        with pytest.raises(NoAnswer) as caught:
            await shop.order(PARCEL)
        kinds = [type(error) for error in caught.value.exceptions]
        assert kinds == [TimeoutError, CarrierError]
        assert shop.labels == 1
        assert shop.failed == {("slow", "TimeoutError"): 1, ("steady", "CarrierError"): 1}

    run(main)


@pytest.mark.parametrize("when", [0.1, 0.25])
def test_a_cancelled_order_gives_its_label_and_its_place_back(when: float) -> None:
    async def main() -> None:
        steady = CountedCarrier("steady", 0.2, 840)
        shop = Shop([steady], 1, write, limit=1)
        order = asyncio.create_task(shop.order(PARCEL))
        await asyncio.sleep(when)
        assert shop.labels == 0
        order.cancel()
        await asyncio.wait([order])
        assert order.cancelled()
        assert (shop.labels, steady.open) == (1, 0)
        assert await shop.order(PARCEL) == Quote(840, "steady")

    run(main)


def test_an_order_that_is_cancelled_while_it_waits_for_a_place_gives_its_label_back() -> None:
    async def main() -> None:
        steady = CountedCarrier("steady", 0.2, 840)
        shop = Shop([steady], 2, write, limit=1)
        first, second = (asyncio.create_task(shop.order(PARCEL)) for _ in range(2))
        await asyncio.sleep(0.1)
        assert (shop.labels, steady.open) == (0, 1)
        second.cancel()
        await asyncio.wait([second])
        assert second.cancelled()
        assert (shop.labels, steady.calls) == (1, 1)
        assert await first == Quote(840, "steady")
        assert await shop.order(PARCEL) == Quote(840, "steady")

    run(main)


def test_orders_beyond_what_the_limit_serves_in_time_fail_instead_of_waiting_on() -> None:
    async def main() -> None:
        steady = CountedCarrier("steady", 2, 840)
        shop = Shop([steady], 10, write, limit=1, seconds=5)
        orders = await asyncio.gather(*(shop.order(PARCEL) for _ in range(10)), return_exceptions=True)
        assert [type(order) for order in orders] == [Quote] * 2 + [NoAnswer] * 8
        assert (shop.labels, steady.open, steady.calls) == (8, 0, 3)

    run(main)


def test_a_write_that_fails_reaches_the_caller() -> None:
    async def refuse(quote: Quote) -> None:
        raise OSError("disk full")

    async def main() -> None:
        shop = Shop([Carrier("steady", 0.2, 840)], 1, refuse)
        with pytest.raises(OSError, match="disk full"):
            await shop.order(PARCEL)
        assert shop.labels == 1

    run(main)


def test_a_defect_in_a_carrier_is_not_taken_for_no_answer() -> None:
    class Defect(Carrier):
        async def quote(self, parcel: Parcel) -> Quote:
            raise TypeError("a defect")

    async def main() -> None:
        shop = Shop([Defect("steady", 0.2, 840)], 1, write)
        with pytest.raises(ExceptionGroup) as caught:
            await shop.order(PARCEL)
        assert not isinstance(caught.value, NoAnswer)
        assert isinstance(caught.value.exceptions[0], TypeError)
        assert shop.labels == 1

    run(main)
