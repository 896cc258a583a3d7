"""``Background`` keeps its tasks, reports the failed ones, and ends all of them within the grace."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.task_thread_and_valuetask.background import Background


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


async def waits_for_nothing_that_anybody_holds() -> None:
    await asyncio.get_running_loop().create_future()


def silent(line: str, error: BaseException | None) -> None:
    """What a test does with reports that it does not look at."""


class Reports(list[str]):
    """The lines that were reported, and the errors that came with them."""

    def __init__(self) -> None:
        self.errors: list[BaseException | None] = []

    def __call__(self, line: str, error: BaseException | None) -> None:
        self.append(line)
        self.errors.append(error)


async def works(seconds: float, error: Exception | None = None) -> str:
    await asyncio.sleep(seconds)
    if error:
        raise error
    return "saved"


def test_a_task_is_kept_as_long_as_it_runs_and_no_longer() -> None:
    async def case() -> None:
        background = Background(silent)
        held = weakref.ref(background.start(waits_for_nothing_that_anybody_holds(), name="held"))
        await asyncio.sleep(1)
        gc.collect()
        assert held() is not None
        await background.close(grace=0)
        gc.collect()
        assert held() is None
        assert background.tasks == set()

    asyncio.run(case())


def test_a_failure_is_reported_once_by_name_while_the_task_is_still_referred_to() -> None:
    async def case() -> None:
        lines = Reports()
        background = Background(lines)
        failed = background.start(works(1, ValueError("no rate")), name="save-rate")
        fine = background.start(works(1), name="fine")
        await asyncio.sleep(2)
        assert lines == ["save-rate failed: ValueError('no rate')"]
        assert lines.errors == [failed.exception()]
        assert failed.done()
        assert fine.result() == "saved"
        await background.close(grace=30)
        assert len(lines) == 1

    asyncio.run(case())


def test_the_rest_is_cancelled_after_the_grace_awaited_and_reported() -> None:
    async def case() -> None:
        lines = Reports()
        background = Background(lines)
        quick = background.start(works(3), name="quick")
        slow = background.start(works(60), name="slow")
        began = asyncio.get_running_loop().time()
        await background.close(grace=5)
        assert asyncio.get_running_loop().time() - began == pytest.approx(5)
        assert (quick.result(), slow.cancelled()) == ("saved", True)
        assert (lines, lines.errors) == (["slow was cancelled"], [None])

    asyncio.run(case())


def test_close_returns_as_soon_as_nothing_runs_and_refuses_new_tasks() -> None:
    async def case() -> None:
        background = Background(silent)
        background.start(works(3), name="quick")
        began = asyncio.get_running_loop().time()
        await background.close(grace=30)
        assert asyncio.get_running_loop().time() - began == pytest.approx(3)
        with pytest.raises(RuntimeError, match="late: background is closed"):
            background.start(works(1), name="late")
        await background.close(grace=30)

    asyncio.run(case())


def test_a_cancelled_close_ends_the_tasks_at_once() -> None:
    async def case() -> None:
        background = Background(silent)
        slow = background.start(works(60), name="slow")
        closing = asyncio.create_task(background.close(grace=30))
        await asyncio.sleep(1)
        closing.cancel()
        await asyncio.wait([closing])
        assert closing.cancelled()
        assert slow.cancelled()
        assert background.tasks == set()

    asyncio.run(case())
