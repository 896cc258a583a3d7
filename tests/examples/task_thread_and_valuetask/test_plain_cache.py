"""``PlainCache``: a known value is not asked for again, and all who ask at once call for themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.task_thread_and_valuetask.plain_cache import PlainCache


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


class Rates:
    """A source of rates that takes 0.2 s and may refuse its first call."""

    def __init__(self, refuses: bool = False) -> None:
        self.refuses = refuses
        self.calls: list[str] = []

    async def load(self, zone: str) -> int:
        self.calls.append(zone)
        first = len(self.calls) == 1
        await asyncio.sleep(0.2)
        if first and self.refuses:
            raise ConnectionError("refused")
        return 840


def test_a_known_value_is_not_asked_for_again() -> None:
    rates = Rates()

    async def main() -> list[int]:
        cache = PlainCache(rates.load)
        return [await cache.get("domestic"), await cache.get("domestic")]

    assert asyncio.run(main()) == [840, 840]
    assert rates.calls == ["domestic"]


def test_all_who_ask_at_once_call_for_themselves() -> None:
    rates = Rates()

    async def main() -> list[int]:
        cache = PlainCache(rates.load)
        return await asyncio.gather(*(cache.get("domestic") for _ in range(100)))

    assert asyncio.run(main()) == [840] * 100
    assert rates.calls == ["domestic"] * 100


def test_a_failure_is_that_of_one_caller_and_is_not_kept() -> None:
    rates = Rates(refuses=True)

    async def main() -> list[int | BaseException]:
        cache = PlainCache(rates.load)
        return await asyncio.gather(*(cache.get("island") for _ in range(3)), return_exceptions=True)

    outcomes = asyncio.run(main())
    assert [isinstance(outcome, ConnectionError) for outcome in outcomes] == [True, False, False]
