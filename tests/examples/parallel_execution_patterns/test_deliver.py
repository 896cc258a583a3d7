"""``deliver``: every item is handled, retried or set aside; a fatal error and a cancellation end all of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns.deliver import DeadLetter, Temporary, deliver


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


class Shop:
    """Produces numbered orders and books them; counts."""

    def __init__(self) -> None:
        self.produced: list[int] = []
        self.booked: list[int] = []
        self.calls: list[int] = []
        self.now = self.most = self.open = 0

    async def orders(self, first: int, count: int) -> AsyncIterator[int]:
        self.open += 1
        try:
            for order in range(first, first + count):
                self.produced.append(order)
                yield order
        finally:
            self.open -= 1

    async def book(self, order: int) -> None:
        self.calls.append(order)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(1)
            if order == 13:
                raise ValueError("no such zone")
            if order == 5 and self.calls.count(5) < 3:
                raise Temporary("carrier is busy")
            if order == 7:
                raise Temporary("carrier is always busy")
            if order == 99:
                raise ConnectionError("carrier is gone")
            self.booked.append(order)
        finally:
            self.now -= 1


def only_me() -> bool:
    return len(asyncio.all_tasks()) == 1


def test_every_order_of_every_source_is_booked_once() -> None:
    async def case() -> None:
        shop = Shop()
        sources = [shop.orders(20, 10), shop.orders(40, 0), shop.orders(60, 3)]
        assert await deliver(sources, shop.book, consumers=4, maxsize=2) == []
        assert sorted(shop.booked) == [*range(20, 30), *range(60, 63)]
        assert shop.most == 4
        assert only_me()

    asyncio.run(case())


def test_no_source_and_more_consumers_than_places_end_at_once() -> None:
    async def case() -> None:
        assert await deliver([], Shop().book, consumers=8, maxsize=1) == []

    asyncio.run(case())


def test_a_temporary_failure_is_tried_again_and_a_lasting_one_is_set_aside() -> None:
    async def case() -> None:
        shop = Shop()
        began = asyncio.get_running_loop().time()
        dead = await deliver([shop.orders(0, 20)], shop.book, consumers=20, maxsize=20, pause=10)
        assert [(letter.item, letter.attempts, type(letter.error)) for letter in dead] == [
            (13, 1, ValueError),
            (7, 3, Temporary),
        ]
        assert isinstance(dead[0], DeadLetter)
        assert [shop.calls.count(order) for order in (5, 7, 13, 1)] == [3, 3, 1, 1]
        assert sorted(shop.booked) == [order for order in range(20) if order not in (7, 13)]
        assert asyncio.get_running_loop().time() - began == pytest.approx(3 + 10 + 20)

    asyncio.run(case())


def test_a_fatal_error_ends_producers_that_wait_for_a_place() -> None:
    async def case() -> None:
        shop = Shop()
        with pytest.raises(ExceptionGroup) as failed:
            await deliver([shop.orders(98, 500)], shop.book, consumers=2, maxsize=2, fatal=ConnectionError)
        assert failed.group_contains(ConnectionError)
        assert shop.booked == [98]
        assert len(shop.produced) < 10
        assert (shop.now, shop.open, only_me()) == (0, 0, True)

    asyncio.run(case())


def test_an_item_whose_handling_somebody_else_cancels_is_set_aside_and_its_consumer_goes_on() -> None:
    async def case() -> None:
        rate: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        rate.cancel()
        booked: list[int] = []

        async def book(order: int) -> None:
            if order < 2:
                await rate
            booked.append(order)

        dead = await deliver([range(10)], book, consumers=2, maxsize=2)
        assert [(letter.item, letter.attempts, type(letter.error)) for letter in dead] == [
            (0, 1, RuntimeError),
            (1, 1, RuntimeError),
        ]
        assert booked == list(range(2, 10))

    asyncio.run(case())


def test_without_consumers_it_is_refused_and_without_attempts_it_makes_one() -> None:
    async def busy(order: int) -> None:
        raise Temporary("carrier is busy")

    async def case() -> None:
        with pytest.raises(ValueError, match="without consumers"):
            await deliver([[1]], busy, consumers=0, maxsize=1)
        (letter,) = await deliver([[1]], busy, consumers=1, maxsize=1, attempts=0)
        assert (letter.item, letter.attempts) == (1, 1)

    asyncio.run(case())


def test_an_error_of_a_source_ends_all_of_it() -> None:
    async def torn() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0.5)
        raise OSError("list of orders is torn")

    async def case() -> None:
        shop = Shop()
        with pytest.raises(ExceptionGroup) as failed:
            await deliver([torn(), shop.orders(20, 100)], shop.book, consumers=2, maxsize=2)
        assert failed.group_contains(OSError)
        assert (shop.now, shop.open, only_me()) == (0, 0, True)

    asyncio.run(case())


@pytest.mark.parametrize("after", [0.0, 0.5, 3.5])
def test_cancelled_it_ends_everybody_and_sets_nothing_aside(after: float) -> None:
    async def case() -> None:
        shop = Shop()
        task = asyncio.create_task(deliver([shop.orders(20, 100)], shop.book, consumers=2, maxsize=2))
        await asyncio.sleep(after)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert len(shop.booked) == 2 * int(after)
        assert (shop.now, shop.open, only_me()) == (0, 0, True)

    asyncio.run(case())


def test_a_slow_consumer_holds_back_its_producers() -> None:
    async def case() -> None:
        shop = Shop()
        task = asyncio.create_task(deliver([shop.orders(20, 100)], shop.book, consumers=2, maxsize=3))
        await asyncio.sleep(0.5)
        assert len(shop.produced) == 2 + 3 + 1  # in hand, in the queue, in put()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(case())
