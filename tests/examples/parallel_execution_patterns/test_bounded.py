"""The three ways to bound: results, bounds, failure, cancellation, overload, and nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns.bounded import Source, for_each, gather_limited, map_limited, pulled

Work = Callable[[int], Awaitable[int]]
Way = Callable[..., Awaitable[list[int]]]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


async def by_workers(work: Work, items: Source[int], *, limit: int) -> list[int]:
    results: list[int] = []

    async def keep(item: int) -> None:
        results.append(await work(item))

    await for_each(keep, items, limit=limit)
    return results


async def by_window(work: Work, items: Source[int], *, limit: int) -> list[int]:
    async with aclosing(map_limited(work, items, limit=limit)) as stream:
        return [result async for result in stream]


async def by_arrival(work: Work, items: Source[int], *, limit: int) -> list[int]:
    async with aclosing(map_limited(work, items, limit=limit, ordered=False)) as stream:
        return [result async for result in stream]


WAYS: list[Way] = [gather_limited, by_workers, by_window, by_arrival]


class Carrier:
    """Answers after a second, or what is asked for; counts."""

    def __init__(self) -> None:
        self.now = self.most = self.ended = self.cancelled = 0

    async def ask(self, parcel: int) -> int:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(1 + parcel % 3)
            if parcel == 13:
                raise ConnectionError("no route")
            self.ended += 1
        except asyncio.CancelledError:
            await asyncio.sleep(1)  # says good-bye
            self.cancelled += 1
            raise
        finally:
            self.now -= 1
        return parcel


class Parcels:
    """A source that counts what was pulled, and knows whether it was closed."""

    def __init__(self, count: int, delay: float = 0.1) -> None:
        self.count, self.delay, self.pulled, self.closed = count, delay, 0, False

    async def waiting(self) -> AsyncIterator[int]:
        try:
            for parcel in range(self.count):
                await asyncio.sleep(self.delay)
                self.pulled += 1
                yield parcel
        finally:
            self.closed = True

    def ready(self) -> Iterator[int]:
        for parcel in range(self.count):
            self.pulled += 1
            yield parcel


def only_me() -> bool:
    return len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("waiting", [True, False])
@pytest.mark.parametrize("count", [0, 2, 12])
def test_all_items_are_handled_and_only_so_many_at_once(way: Way, waiting: bool, count: int) -> None:
    async def case() -> None:
        carrier, parcels = Carrier(), Parcels(count)
        source = parcels.waiting() if waiting else parcels.ready()
        results = await way(carrier.ask, source, limit=4)
        assert sorted(results) == list(range(count))
        if way in (gather_limited, by_window):
            assert results == sorted(results)
        assert carrier.most == min(4, count)
        assert only_me()

    asyncio.run(case())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("waiting", [True, False])
def test_the_first_failure_ends_all_of_it(way: Way, waiting: bool) -> None:
    async def case() -> None:
        carrier, parcels = Carrier(), Parcels(100)
        with pytest.raises((ConnectionError, ExceptionGroup)) as failed:
            await way(carrier.ask, parcels.waiting() if waiting else parcels.ready(), limit=4)
        error = failed.value
        if isinstance(error, ExceptionGroup):
            (error,) = error.exceptions
        assert isinstance(error, ConnectionError)
        assert (carrier.now, parcels.closed) == (0, waiting)
        assert carrier.cancelled > 0
        assert only_me()

    asyncio.run(case())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("waiting", [True, False])
@pytest.mark.parametrize("after", [0.0, 0.05, 1.0, 2.5])
def test_cancelled_it_cancels_and_awaits_what_runs(way: Way, waiting: bool, after: float) -> None:
    async def case() -> None:
        carrier, parcels = Carrier(), Parcels(100)
        source = parcels.waiting() if waiting else parcels.ready()
        task = asyncio.ensure_future(way(carrier.ask, source, limit=4))
        await asyncio.sleep(after)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert carrier.now == 0
        assert parcels.closed == waiting
        assert only_me()

    asyncio.run(case())


@pytest.mark.parametrize("way", WAYS)
def test_an_error_of_the_source_ends_all_of_it(way: Way) -> None:
    async def torn() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0.5)
        raise OSError("list of parcels is torn")

    async def case() -> None:
        carrier = Carrier()
        with pytest.raises((OSError, ExceptionGroup)) as failed:
            await way(carrier.ask, torn(), limit=4)
        error = failed.value
        if isinstance(error, ExceptionGroup):
            (error,) = error.exceptions
        assert isinstance(error, OSError)
        assert carrier.now == 0
        assert only_me()

    asyncio.run(case())


@pytest.mark.parametrize("way", WAYS)
def test_work_that_somebody_else_cancels_is_an_error_and_no_item_is_lost_in_silence(way: Way) -> None:
    async def case() -> None:
        rate: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        rate.cancel()

        async def ask(parcel: int) -> int:
            return await rate

        with pytest.raises((RuntimeError, ExceptionGroup)) as failed:
            await way(ask, range(10), limit=2)
        error = failed.value
        if isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        assert isinstance(error, RuntimeError)
        assert str(error) == "cancelled by somebody else"
        assert isinstance(error.__cause__, asyncio.CancelledError)
        assert only_me()

    asyncio.run(case())


@pytest.mark.parametrize("way", WAYS)
def test_a_limit_below_one_is_refused(way: Way) -> None:
    async def case() -> None:
        with pytest.raises(ValueError, match="below 1"):
            await way(Carrier().ask, range(3), limit=0)

    asyncio.run(case())


@pytest.mark.parametrize("ordered", [True, False])
def test_a_slow_reader_stops_the_pulling(ordered: bool) -> None:
    async def case() -> None:
        carrier, parcels = Carrier(), Parcels(100)
        async with aclosing(map_limited(carrier.ask, parcels.ready(), limit=4, ordered=ordered)) as stream:
            read = 0
            async for _ in stream:
                read += 1
                await asyncio.sleep(600)
                assert parcels.pulled == read + 4
                if read == 5:
                    break
        assert only_me()

    asyncio.run(case())


def test_a_result_does_not_wait_for_a_slow_source() -> None:
    async def case() -> None:
        began = asyncio.get_running_loop().time()
        async with aclosing(map_limited(Carrier().ask, Parcels(3, delay=60).waiting(), limit=4)) as stream:
            assert await anext(stream) == 0
            assert asyncio.get_running_loop().time() - began == pytest.approx(61)

    asyncio.run(case())


def test_as_completed_raises_a_failure_that_in_order_still_waits_for_its_turn() -> None:
    async def ask(parcel: int) -> int:
        await asyncio.sleep(30 if parcel == 0 else 1)
        if parcel == 1:
            raise ConnectionError("no route")
        return parcel

    async def seconds(ordered: bool) -> float:
        began = asyncio.get_running_loop().time()
        async with aclosing(map_limited(ask, range(2), limit=2, ordered=ordered)) as stream:
            with pytest.raises(ConnectionError):
                _ = [result async for result in stream]
        return asyncio.get_running_loop().time() - began

    async def case() -> None:
        assert await seconds(ordered=False) == pytest.approx(1)
        assert await seconds(ordered=True) == pytest.approx(30)

    asyncio.run(case())


def test_streams_can_be_chained_and_closing_the_last_closes_all() -> None:
    async def case() -> None:
        carrier, parcels = Carrier(), Parcels(100)
        quotes = map_limited(carrier.ask, parcels.waiting(), limit=4)
        labels = map_limited(carrier.ask, quotes, limit=4)
        async with aclosing(labels) as stream:
            assert await anext(stream) == 0
        assert (carrier.now, parcels.closed) == (0, True)
        assert only_me()

    asyncio.run(case())


def test_a_source_that_has_no_aclose_is_left_alone() -> None:
    class Plain:
        def __init__(self) -> None:
            self.left = 2

        def __aiter__(self) -> Plain:
            return self

        async def __anext__(self) -> int:
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return self.left

    async def case() -> None:
        assert [item async for item in pulled(Plain())] == [1, 0]

    asyncio.run(case())
