"""What fails is started again, not too soon and not too often, and a cancellation ends it all."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from typing import Any

import pytest

from concurrent_doctest.virtual_clock import START, virtual_clock
from examples.parallel_execution_patterns.supervisor import (
    RestartLimit,
    TooManyFailures,
    one_for_all,
    one_for_one,
    restarting,
)


def run(main: Coroutine[Any, Any, None]) -> None:
    with virtual_clock():
        asyncio.run(main)


class Child:
    """Notes its starts; fails *seconds* after each of its first *failures* starts, then runs for an hour."""

    def __init__(self, failures: int, seconds: float = 1.0) -> None:
        self.failures = failures
        self.seconds = seconds
        self.starts: list[float] = []
        self.ends: list[str] = []

    async def run(self) -> None:
        self.starts.append(asyncio.get_running_loop().time() - START)
        try:
            if len(self.starts) <= self.failures:
                await asyncio.sleep(self.seconds)
                raise OSError("no answer")
            await asyncio.sleep(3_600)
        except BaseException as error:
            self.ends.append(type(error).__name__)
            raise


def test_pauses_double() -> None:
    child = Child(failures=3)
    run(restarting(child.run, RestartLimit()))
    assert child.starts == [0.0, 2.0, 5.0, 10.0]


def test_too_many_failures_go_up() -> None:
    child = Child(failures=99)
    with pytest.raises(TooManyFailures, match=r"OSError\('no answer'\)") as caught:
        run(restarting(child.run, RestartLimit()))
    assert isinstance(caught.value.__cause__, OSError)
    assert len(child.starts) == 4


def test_failures_that_are_far_apart_are_not_too_many() -> None:
    child = Child(failures=99, seconds=60)
    limit = RestartLimit(restarts=1, seconds=60)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3_600):
                await restarting(child.run, limit)

    run(main())
    assert child.starts[:3] == [0.0, 61.0, 122.0]
    assert len(child.starts) == 60


@pytest.mark.parametrize("after", [0.5, 1.5])
def test_a_cancellation_passes_through(after: float) -> None:
    child = Child(failures=99)

    async def main() -> None:
        task = asyncio.create_task(restarting(child.run, RestartLimit()))
        await asyncio.sleep(after)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    run(main())
    assert child.ends == (["CancelledError"] if after == 0.5 else ["OSError"])
    assert len(child.starts) == 1


def test_one_for_one_leaves_the_others_alone() -> None:
    failing, fine = Child(failures=1), Child(failures=0)
    run(one_for_one(failing.run, fine.run, limit=RestartLimit()))
    assert (failing.starts, fine.starts) == ([0.0, 2.0], [0.0])


def test_one_for_all_starts_all_again() -> None:
    failing, fine = Child(failures=1), Child(failures=0)
    run(one_for_all(failing.run, fine.run, limit=RestartLimit()))
    assert (failing.starts, fine.starts) == ([0.0, 2.0], [0.0, 2.0])
    assert fine.ends == ["CancelledError"]


def test_a_limit_is_shared_and_giving_up_ends_the_others() -> None:
    children = [Child(failures=9), Child(failures=9), Child(failures=0)]
    with pytest.raises(ExceptionGroup) as caught:
        run(one_for_one(*(child.run for child in children), limit=RestartLimit(restarts=3)))
    assert caught.group_contains(TooManyFailures)
    assert sum(len(child.starts) for child in children[:2]) == 4
    assert children[2].ends == ["CancelledError"]


def test_a_supervisor_above_restarts_the_one_that_gave_up() -> None:
    child = Child(failures=4)

    async def below() -> None:
        await one_for_one(child.run, limit=RestartLimit(restarts=3))

    run(restarting(below, RestartLimit()))
    assert len(child.starts) == 5


def test_pauses_follow_the_failures_in_the_window() -> None:
    limit = RestartLimit(restarts=2, seconds=10, first_pause=0.5)
    pauses = [limit.pause(float(now)) for now in (0, 1, 11, 12, 13)]
    assert pauses == [0.5, 1.0, 0.5, 1.0, None]
    assert all(a != b for a, b in itertools.pairwise(pauses))
