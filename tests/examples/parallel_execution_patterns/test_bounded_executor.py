"""``map_bounded`` never has more calls in flight than it may, in both orders, also when one fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples.parallel_execution_patterns.bounded_executor import map_bounded

BOUND = 30.0  # seconds; every wait ends far sooner, or the test fails


class Parcels:
    """An iterable that counts what has been taken from it."""

    def __init__(self, count: int) -> None:
        self.count, self.taken = count, 0

    def __iter__(self) -> Iterator[int]:
        for number in range(self.count):
            self.taken += 1
            yield number


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_every_item_has_its_result(count: int, ordered: bool) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(map_bounded(pool, str, range(count), limit=3, ordered=ordered))
    assert results == list(map(str, range(count))) or not ordered
    assert sorted(results, key=int) == list(map(str, range(count)))


@pytest.mark.parametrize("ordered", [True, False])
def test_exactly_the_limit_is_taken_and_not_yet_yielded(ordered: bool) -> None:
    parcels = Parcels(20)
    with ThreadPoolExecutor(8) as pool:
        for yielded, _ in enumerate(map_bounded(pool, abs, parcels, limit=3, ordered=ordered), start=1):
            assert parcels.taken == min(20, yielded + 2)  # the one in our hands has been yielded


def test_the_order_is_that_of_the_items_or_that_of_the_answers() -> None:
    for ordered, expected in ((True, [0, 1]), (False, [1, 0])):
        answers = [threading.Event(), threading.Event()]
        answers[1].set()

        def ask(number: int, answers: list[threading.Event] = answers) -> int:
            assert answers[number].wait(BOUND)
            return number

        with ThreadPoolExecutor(2) as pool:
            stream = map_bounded(pool, ask, range(2), limit=2, ordered=ordered)
            if ordered:
                answers[0].set()
                assert list(stream) == expected
            else:
                first = next(stream)
                answers[0].set()
                assert [first, *stream] == expected


def test_a_failure_is_raised_in_its_place_and_cancels_what_waits() -> None:
    parcels, ran = Parcels(20), []
    release = threading.Event()

    def price(number: int) -> int:
        ran.append(number)
        if number == 2:
            raise ValueError("no rate")
        assert number < 3 or release.wait(BOUND)
        return number

    with ThreadPoolExecutor(1) as pool:
        stream = map_bounded(pool, price, parcels, limit=5)
        assert [next(stream), next(stream)] == [0, 1]
        with pytest.raises(ValueError, match="no rate"):
            next(stream)
        assert list(stream) == []
        release.set()
    assert parcels.taken == 7
    assert ran in ([0, 1, 2], [0, 1, 2, 3])  # 3 may have begun; 4 to 6 are cancelled


def test_a_stream_that_is_closed_early_cancels_what_waits() -> None:
    release, started = threading.Event(), threading.Event()
    ran = []

    def price(number: int) -> int:
        ran.append(number)
        if number == 1:
            started.set()
            assert release.wait(BOUND)
        return number

    with ThreadPoolExecutor(1) as pool:
        stream = map_bounded(pool, price, range(100), limit=4)
        assert next(stream) == 0
        assert started.wait(BOUND)
        stream.close()
        release.set()
    assert ran == [0, 1]


def test_a_limit_below_one_is_refused() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match="below 1"):
        list(map_bounded(pool, abs, [1], limit=0))


def test_an_error_of_the_source_ends_the_stream() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise OSError("list of parcels is torn")

    with ThreadPoolExecutor(1) as pool, pytest.raises(OSError, match="torn"):
        list(map_bounded(pool, abs, source(), limit=4))
