"""All wait in a line without an end; with one, those that find it full are refused, and those in it are answered."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from examples.best_practices.practical_example import CHANGE, Unbounded, WithRefusal, all_at_the_door
from examples.quotes.experiment import compare
from examples.quotes.inputs import Refusal
from examples.quotes.load import Load
from examples.quotes.parts import Parts, Settings

REQUESTS = 12


def test_four_at_work_and_four_in_line_are_answered_and_four_refused() -> None:
    change = replace(
        CHANGE,
        before=Parts(admission=all_at_the_door(Unbounded, REQUESTS)),
        after=Parts(admission=all_at_the_door(WithRefusal, REQUESTS)),
        settings=replace(CHANGE.settings, deadline=60),
    )
    found = compare(change, load=Load(count=REQUESTS))
    assert found["before"]["statuses"] == {"200": 12}
    assert found["after"]["statuses"] == {"200": 8, "503": 4}
    assert [found[side]["calls"] for side in ("before", "after")] == [12, 8]
    assert set(CHANGE.rows) <= set(found["before"])


def test_a_place_comes_back_after_an_error_and_a_cancellation() -> None:
    async def main() -> None:
        admit = WithRefusal(Settings(at_once=1, waiting=0))
        with pytest.raises(ValueError, match="broken"):
            async with admit():
                raise ValueError("broken")

        async def stay() -> None:
            async with admit():
                await asyncio.Event().wait()

        task = asyncio.create_task(stay())
        await asyncio.sleep(0)
        with pytest.raises(Refusal):
            async with admit():
                pass
        task.cancel()
        await asyncio.wait([task])
        async with admit():
            assert admit.room == 0
        assert admit.room == 1

    asyncio.run(main())


def test_cancelled_in_line_the_place_comes_back() -> None:
    async def main() -> None:
        admit = WithRefusal(Settings(at_once=1, waiting=1))

        async def enter() -> None:
            async with admit():
                pass

        async with admit():
            waiting = asyncio.create_task(enter())
            await asyncio.sleep(0)
            assert admit.room == 0
            waiting.cancel()
            await asyncio.wait([waiting])
            assert admit.room == 1

    asyncio.run(main())
