"""side_effects: they reach the caller where memory is shared, and errors reach it in every way."""

from __future__ import annotations

import pytest

from examples.io_bound_vs_cpu_bound_work import side_effects, six_ways

WAYS = list(six_ways.available())


@pytest.mark.parametrize("name", WAYS)
def test_side_effects_reach_the_caller_only_where_memory_is_shared(name: str) -> None:
    side_effects.seen.clear()
    with six_ways.available()[name](2) as run:
        assert run(side_effects.remember, [500, 2500]) == [840, 2520]
    shared = name in ("sequential", "threads", "asyncio")
    assert sorted(side_effects.seen) == ([500, 2500] if shared else [])


@pytest.mark.parametrize("name", WAYS)
def test_an_error_reaches_the_caller(name: str) -> None:
    with six_ways.available()[name](1) as run, pytest.raises((ValueError, ExceptionGroup)) as caught:
        run(side_effects.refuse, [99_000])
    error = caught.value.exceptions[0] if isinstance(caught.value, ExceptionGroup) else caught.value
    assert isinstance(error, ValueError)
    assert str(error) == "99000 g is too heavy"
    assert isinstance(caught.value, ExceptionGroup) == (name == "asyncio")


def test_the_heaviest_parcel_is_still_taken() -> None:
    side_effects.seen.clear()
    assert side_effects.refuse(30_000) == 840 * 30
    assert side_effects.seen == [30_000]
