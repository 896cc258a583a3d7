"""``Pipeline``: every item passes every stage, bounded; an error, a cancellation or a slow stage reaches all of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns.pipeline import Pipeline


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


class Line:
    """A source and a sink that count, and stages that take their time."""

    def __init__(self, count: int = 100) -> None:
        self.count, self.pulled, self.closed = count, 0, False
        self.labels: list[int] = []
        self.seconds_of_sink = 0.0
        self.now = 0

    async def orders(self) -> AsyncIterator[int]:
        try:
            for order in range(self.count):
                self.pulled += 1
                yield order
        finally:
            self.closed = True

    async def quick(self, order: int) -> int:
        return order

    async def price(self, order: int) -> int:
        self.now += 1
        try:
            await asyncio.sleep(1 + order % 3)
            if order == 13:
                raise ValueError("no rate")
        finally:
            self.now -= 1
        return order

    async def label(self, order: int) -> None:
        await asyncio.sleep(self.seconds_of_sink)
        self.labels.append(order)


def only_me() -> bool:
    return len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("workers", [1, 3, 20])
@pytest.mark.parametrize("count", [0, 1, 12])
@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("buffer", [1, 5])
def test_every_item_passes_and_an_ordered_stage_keeps_the_order(
    workers: int, count: int, ordered: bool, buffer: int
) -> None:
    async def case() -> None:
        line = Line(count)
        pipeline = Pipeline(line.orders(), buffer=buffer).then(line.price, workers=workers, ordered=ordered)
        await pipeline.then(line.quick).run(line.label)
        assert sorted(line.labels) == list(range(count))
        if ordered or workers == 1:
            assert line.labels == sorted(line.labels)
        elif count == 12:
            assert line.labels != sorted(line.labels)
        assert line.closed
        assert only_me()

    asyncio.run(case())


def test_a_pipeline_without_stages_and_with_a_plain_iterable() -> None:
    async def case() -> None:
        line = Line()
        await Pipeline([3, 1, 2]).run(line.label)
        assert line.labels == [3, 1, 2]

    asyncio.run(case())


@pytest.mark.parametrize("ordered", [True, False])
def test_a_slow_sink_holds_back_the_source(ordered: bool) -> None:
    async def case() -> None:
        line = Line()
        line.seconds_of_sink = 3600
        pipeline = Pipeline(line.orders(), buffer=2).then(line.quick, workers=4, ordered=ordered).then(line.quick)
        run = asyncio.create_task(pipeline.run(line.label))
        await asyncio.sleep(600)
        # one in the feeder's hands, three queues of two, five workers, one in the sink
        assert line.pulled == 1 + 3 * 2 + 5 + 1
        run.cancel()
        await asyncio.wait([run])
        assert only_me()

    asyncio.run(case())


def test_a_slow_head_lets_an_ordered_stage_hold_one_result_a_worker() -> None:
    async def case() -> None:
        line, priced = Line(), 0

        async def price(order: int) -> int:
            nonlocal priced
            await asyncio.sleep(3600 if order == 0 else 1)
            priced += 1
            return order

        pipeline = Pipeline(line.orders()).then(price, workers=4, ordered=True)
        run = asyncio.create_task(pipeline.run(line.label))
        await asyncio.sleep(600)
        assert (priced, line.labels) == (3, [])
        run.cancel()
        await asyncio.wait([run])

    asyncio.run(case())


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("workers", [1, 4])
def test_an_error_in_a_stage_ends_all_of_it(workers: int, ordered: bool) -> None:
    async def case() -> None:
        line = Line()
        pipeline = Pipeline(line.orders()).then(line.quick).then(line.price, workers=workers, ordered=ordered)
        with pytest.raises(ExceptionGroup) as failed:
            await pipeline.then(line.quick, workers=2).run(line.label)
        assert failed.group_contains(ValueError, match="no rate")
        assert 13 not in line.labels
        assert (line.now, line.closed, only_me()) == (0, True, True)

    asyncio.run(case())


@pytest.mark.parametrize("ordered", [True, False])
def test_work_that_somebody_else_cancels_ends_all_of_it(ordered: bool) -> None:
    async def case() -> None:
        line = Line()
        rate: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        rate.cancel()

        async def price(order: int) -> int:
            return await rate if order == 3 else order

        with pytest.raises(ExceptionGroup) as failed:
            await Pipeline(line.orders()).then(price, workers=2, ordered=ordered).run(line.label)
        assert failed.group_contains(RuntimeError, match="somebody else")
        assert (line.closed, only_me()) == (True, True)

    asyncio.run(case())


def test_an_error_in_source_or_sink_ends_all_of_it() -> None:
    async def torn() -> AsyncIterator[int]:
        yield 1
        raise OSError("list of orders is torn")

    async def full(order: int) -> None:
        raise OSError("printer has no paper")

    async def case() -> None:
        line = Line()
        with pytest.raises(ExceptionGroup) as failed:
            await Pipeline(torn()).then(line.price).run(line.label)
        assert failed.group_contains(OSError, match="torn")
        with pytest.raises(ExceptionGroup) as failed:
            await Pipeline(line.orders()).then(line.price, workers=4).run(full)
        assert failed.group_contains(OSError, match="paper")
        assert (line.now, line.closed, only_me()) == (0, True, True)

    asyncio.run(case())


@pytest.mark.parametrize("after", [0.0, 0.5, 2.5, 7.0])
def test_cancelled_it_ends_every_stage_and_closes_the_source(after: float) -> None:
    async def case() -> None:
        line = Line()
        pipeline = Pipeline(line.orders()).then(line.price, workers=4, ordered=True).then(line.quick)
        run = asyncio.create_task(pipeline.run(line.label))
        await asyncio.sleep(after)
        run.cancel()
        await asyncio.wait([run])
        assert run.cancelled()
        assert line.now == 0
        assert line.closed == (line.pulled > 0)
        assert only_me()

    asyncio.run(case())


def test_a_pipeline_can_branch_because_then_changes_nothing() -> None:
    async def case() -> None:
        line = Line()
        first = Pipeline([1, 2])
        second = first.then(line.quick)
        assert (len(first._stages), len(second._stages)) == (0, 1)
        with pytest.raises(ValueError, match="without bound"):
            Pipeline([1], buffer=0)
        with pytest.raises(ValueError, match="without workers"):
            first.then(line.quick, workers=0)

    asyncio.run(case())
