"""A deadline stays where it is while time passes."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.quotes.deadline import Deadline


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


def test_remaining_shrinks_and_ends_at_zero() -> None:
    async def main() -> list[float]:
        deadline = Deadline.after(10.0)
        readings = [deadline.remaining()]
        for pause in (4.0, 6.0, 1.0):
            await asyncio.sleep(pause)
            readings.append(deadline.remaining())
        return readings

    assert asyncio.run(main()) == [10.0, 6.0, 0.0, 0.0]


def test_it_has_expired_from_its_very_instant_on() -> None:
    async def main() -> list[bool]:
        deadline = Deadline.after(1.0)
        answers = [deadline.expired]
        await asyncio.sleep(1.0)
        answers.append(deadline.expired)
        return answers

    assert asyncio.run(main()) == [False, True]


@pytest.mark.parametrize("seconds", [0.0, -5.0])
def test_a_deadline_in_the_past_stops_at_the_first_suspension(seconds: float) -> None:
    reached: list[str] = []

    async def main() -> None:
        async with Deadline.after(seconds).timeout():
            reached.append("body")
            await asyncio.sleep(0)
            reached.append("after the await")

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert reached == ["body"]


@pytest.mark.parametrize(
    ("cap", "elapsed"),
    [(None, 10.0), (2.0, 2.0), (60.0, 10.0)],
    ids=["no cap", "the cap is sooner", "the deadline is sooner"],
)
def test_timeout_ends_at_the_sooner_of_deadline_and_cap(cap: float | None, elapsed: float) -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        started = loop.time()
        with pytest.raises(TimeoutError):
            async with Deadline.after(10.0).timeout(cap):
                await asyncio.sleep(3600)
        return loop.time() - started

    assert asyncio.run(main()) == elapsed


def test_the_cap_counts_from_the_call_of_timeout() -> None:
    async def main() -> float | None:
        deadline = Deadline.after(10.0)
        await asyncio.sleep(5.0)
        return deadline.timeout(cap=2.0).when()

    async def start() -> float:
        return asyncio.get_running_loop().time()

    assert asyncio.run(main()) == asyncio.run(start()) + 2.0


def test_earlier_leaves_a_reserve_and_the_original_alone() -> None:
    async def main() -> tuple[float, float]:
        deadline = Deadline.after(10.0)
        return deadline.earlier(1.5).remaining(), deadline.remaining()

    assert asyncio.run(main()) == (8.5, 10.0)


def test_the_sooner_deadline_is_the_smaller_one() -> None:
    assert min(Deadline(30.0), Deadline(5.0)) == Deadline(5.0)


def test_it_cannot_be_moved() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Deadline(5.0).when = 6.0  # type: ignore[misc]


def test_it_needs_a_running_loop() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        Deadline.after(1.0)
