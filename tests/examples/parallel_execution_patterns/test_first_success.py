"""``first_success``: the first good answer; losers are cancelled and awaited, and no result is lost."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns.first_success import first_success


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


class Carriers:
    """Starts and ends of the calls, at their seconds."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def __call__(
        self, name: str, seconds: float, *, down: bool = False, cleanup: float = 0.0, bad_cleanup: bool = False
    ) -> Callable[[], Coroutine[Any, Any, str]]:
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def ask() -> str:
            self.log.append(f"{name} at {loop.time() - began:.2f}")
            try:
                await asyncio.sleep(seconds)
            except asyncio.CancelledError:
                await asyncio.sleep(cleanup)
                self.log.append(f"{name} left at {loop.time() - began:.2f}")
                if bad_cleanup:
                    raise OSError(name) from None
                raise
            if down:
                raise ConnectionError(name)
            return name

        return ask


def test_a_failure_is_no_winner_and_losers_have_ended() -> None:
    async def case() -> None:
        carrier = Carriers()
        asks = [carrier("down", 0.05, down=True), carrier("steady", 0.2), carrier("slow", 30, cleanup=1)]
        assert await first_success(asks) == "steady"
        assert carrier.log[-1] == "slow left at 1.20"
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(case())


def test_all_failed() -> None:
    async def case() -> None:
        carrier = Carriers()
        with pytest.raises(ExceptionGroup) as caught:
            await first_success([carrier("a", 2, down=True), carrier("b", 1, down=True)])
        assert [str(error) for error in caught.value.exceptions] == ["b", "a"]

    asyncio.run(case())


def test_nobody_to_ask() -> None:
    with pytest.raises(ValueError, match="nobody"):
        asyncio.run(first_success([]))


@pytest.mark.parametrize(
    ("stagger", "expected"),
    [
        (0.0, ["a at 0.00", "b at 0.00", "c at 0.00"]),
        (0.25, ["a at 0.00", "b at 0.25", "c at 0.35"]),  # b fails after 0.1 s
        (5.0, ["a at 0.00"]),
        (None, ["a at 0.00"]),
    ],
)
def test_stagger(stagger: float | None, expected: list[str]) -> None:
    async def case() -> None:
        carrier = Carriers()
        asks = [carrier("a", 1), carrier("b", 0.1, down=True), carrier("c", 3)]
        assert await first_success(asks, stagger=stagger) == "a"
        assert [line for line in carrier.log if "left" not in line] == expected

    asyncio.run(case())


def test_without_a_stagger_only_a_failure_starts_the_next() -> None:
    async def case() -> None:
        carrier = Carriers()
        asks = [carrier("a", 30, down=True), carrier("b", 1)]
        assert await first_success(asks, stagger=None) == "b"
        assert carrier.log == ["a at 0.00", "b at 30.00"]

    asyncio.run(case())


def test_the_second_of_one_instant_is_discarded() -> None:
    async def case() -> None:
        carrier, late = Carriers(), list[str]()
        asks = [carrier("a", 1), carrier("b", 1), carrier("c", 1, down=True)]
        assert await first_success(asks, discard=late.append) == "a"
        assert late == ["b"]

    asyncio.run(case())


@pytest.mark.parametrize("turns", range(8))
def test_a_cancelled_caller_loses_no_answer(turns: int) -> None:
    async def case() -> None:
        answer = asyncio.Event()
        late: list[str] = []
        answered: list[str] = []

        async def swift() -> str:
            await answer.wait()
            answered.append("swift")
            return "swift"

        async def slow() -> str:
            try:
                await asyncio.sleep(30)
            finally:
                await asyncio.sleep(0)
            return "slow"

        caller = asyncio.create_task(first_success([swift, slow], discard=late.append))
        await asyncio.sleep(1)
        answer.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait([caller])
        got = [] if caller.cancelled() else [caller.result()]
        assert got + late == answered
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(case())


def test_cancelled_while_the_losers_clean_up() -> None:
    async def case() -> None:
        carrier, late = Carriers(), list[str]()
        asks = [carrier("a", 1), carrier("slow", 30, cleanup=5)]
        caller = asyncio.create_task(first_success(asks, discard=late.append))
        await asyncio.sleep(2)
        caller.cancel()
        await asyncio.wait([caller])
        assert caller.cancelled()
        assert late == ["a"]
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(case())


def test_a_loser_that_fails_to_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def case() -> None:
        carrier = Carriers()
        assert await first_success([carrier("a", 1), carrier("b", 30, bad_cleanup=True)]) == "a"

    with caplog.at_level(logging.WARNING):
        asyncio.run(case())
    assert [record.getMessage() for record in caplog.records] == ["a loser failed to end"]


def test_an_ask_that_is_cancelled_inside_counts_as_failed() -> None:
    async def case() -> None:
        rates = asyncio.create_task(asyncio.sleep(30))
        asyncio.get_running_loop().call_later(1, rates.cancel)

        async def use() -> str:
            await rates
            return "rates"

        carrier = Carriers()
        assert await first_success([use, carrier("b", 2)]) == "b"

    asyncio.run(case())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with 3.12")
def test_eager_tasks_may_be_done_when_they_are_started() -> None:
    async def refuse() -> str:
        raise ConnectionError("swift")

    async def answer() -> str:
        return "steady"

    async def case() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        assert await first_success([refuse, answer, refuse]) == "steady"
        with pytest.raises(ExceptionGroup):
            await first_success([refuse, refuse])

    asyncio.run(case())
