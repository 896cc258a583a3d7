"""shapes: what each pattern costs in time, calls and calls under way."""

from __future__ import annotations

import asyncio

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns import shapes


def test_each_shape_has_its_time_and_its_traffic(capsys: pytest.CaptureFixture[str]) -> None:
    with virtual_clock():
        asyncio.run(shapes.main())
    assert capsys.readouterr().out.splitlines() == [
        "in_turn       24.0 s, 12 calls,  1 at once",
        "at_once        3.0 s, 12 calls, 12 at once",
        "three_workers  9.0 s, 12 calls,  3 at once",
        "first_answer   1.0 s, 12 calls, 12 at once",
        "two_a_second   8.5 s, 12 calls,  5 at once",
    ]


@pytest.mark.parametrize("shape", shapes.SHAPES, ids=lambda shape: shape.__name__)
def test_a_cancelled_caller_leaves_no_call_under_way(shape: object) -> None:
    traffic = shapes.Traffic()

    async def case() -> None:
        asked = [shapes.Counted(f"c{n}", 30, 500, traffic) for n in range(4)]
        call = asyncio.ensure_future(shape(asked))  # type: ignore[operator]
        await asyncio.sleep(1)
        assert traffic.now > 0
        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()

    with virtual_clock():
        asyncio.run(case())
    assert traffic.now == 0
