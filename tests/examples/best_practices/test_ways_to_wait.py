"""The decision table of the ways to wait, cell by cell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.ways_to_wait import (
    Way,
    as_completed,
    errors_in,
    gather,
    gather_all,
    main,
    measure,
    task_group,
    wait_first_error,
)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


@pytest.mark.parametrize(
    ("way", "told", "errors", "run_on", "run_on_when_cancelled"),
    [
        (task_group, 1, 2, 0, 0),
        (gather, 1, 1, 1, 0),
        (gather_all, 30, 2, 0, 0),
        (wait_first_error, 1, 1, 1, 3),
        (as_completed, 1, 1, 1, 3),
    ],
)
def test_what_a_failure_and_a_cancellation_do(
    way: Way, told: int, errors: int, run_on: int, run_on_when_cancelled: int
) -> None:
    outcome, took, running = asyncio.run(measure(way, fail=True, cancel=False))
    assert (errors_in(outcome), running) == (errors, run_on)
    assert took == pytest.approx(told)
    _, took, running = asyncio.run(measure(way, fail=False, cancel=True))
    assert running == run_on_when_cancelled
    assert took == pytest.approx(0.5)


@pytest.mark.parametrize("way", [task_group, gather, gather_all, wait_first_error])
def test_the_order_of_the_arguments_is_kept(way: Way) -> None:
    assert asyncio.run(measure(way, fail=False, cancel=False))[0] == ["slow", "swift", "steady"]


def test_as_completed_has_the_order_of_arrival() -> None:
    outcome = asyncio.run(measure(as_completed, fail=False, cancel=False))[0]
    assert isinstance(outcome, list)
    assert outcome[-1] == "slow"


def test_the_program_prints_two_lines_more_for_each_way(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(main())
    assert len(capsys.readouterr().out.splitlines()) == 3 * 5
