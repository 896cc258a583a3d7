"""fairness: counts turns in a row, and finds tasks taking turns."""

from __future__ import annotations

import pytest

from examples.deadlock_prevention import fairness


@pytest.mark.parametrize(
    ("turns", "row"), [([0], 1), ([0, 1, 0, 1], 1), ([0, 0, 0, 1], 10 / 4), ([1, 1, 1, 0, 0, 0, 1, 1], 22 / 8)]
)
def test_turns_in_a_row_are_averaged_over_the_turns(turns: list[int], row: float) -> None:
    assert fairness.in_a_row(turns) == row


def test_every_lock_is_measured_and_tasks_take_turns() -> None:
    found = fairness.measure(0.02)
    assert list(found) == ["threading.Lock", "threading.RLock", "FairLock", "asyncio.Lock"]
    assert found["asyncio.Lock"]["row"] < 2
    assert all(figures["turn"] > 0 for figures in found.values())
