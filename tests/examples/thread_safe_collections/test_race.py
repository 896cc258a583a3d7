"""A race counts what was tried and what went wrong, and starts its threads together."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from examples.thread_safe_collections import race
from examples.thread_safe_collections.race import WORKERS, Tally, Trial


def test_each_worker_works_once_and_all_at_the_same_time() -> None:
    all_here, workers = threading.Barrier(WORKERS, timeout=60), list[int]()

    def work(worker: int) -> None:
        all_here.wait()
        workers.append(worker)

    tally = Tally()
    race.race(Trial(work, lambda: 0, operations=7), tally)
    assert sorted(workers) == list(range(WORKERS))
    assert (tally.operations, tally.violations, dict(tally.exceptions)) == (7, 0, {})


def test_a_broken_invariant_and_an_exception_are_violations() -> None:
    def work(worker: int) -> None:
        if worker:
            raise KeyError(worker)

    tally = Tally()
    race.race(Trial(work, lambda: 2), tally)
    assert tally.violations == 2 + WORKERS - 1
    assert dict(tally.exceptions) == {"KeyError": WORKERS - 1}


def test_a_forced_race_is_seen() -> None:
    all_read, rates = threading.Barrier(WORKERS, timeout=60), {"sold": 0}

    def work(worker: int) -> None:
        sold = rates["sold"]
        all_read.wait()
        rates["sold"] = sold + 1

    tally = Tally()
    race.race(Trial(work, lambda: WORKERS - rates["sold"], WORKERS), tally)
    assert tally.violations == WORKERS - 1


def test_stress_takes_a_new_trial_each_time_and_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made, times = [], iter([0.0, 1.0, 2.0, 3.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(times))

    def trial() -> Trial:
        made.append(trial)
        return Trial(lambda worker: None, lambda: 1, operations=5)

    tally = race.stress(trial, seconds=2.5)
    assert len(made) == 3
    assert (tally.operations, tally.violations) == (15, 3)


def test_the_switch_interval_is_put_back() -> None:
    before = sys.getswitchinterval()
    with race.switching():
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before


def test_a_row_is_registered_under_the_name_of_its_function_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race, "ROWS", {})

    def parcels_sorted() -> Trial:
        return Trial(lambda worker: None, lambda: 0)

    add = race.row("parcels", "`sort`", "sorted", race.SILENT, since=(3, 99))
    assert add(parcels_sorted) is parcels_sorted
    assert race.ROWS["parcels_sorted"].operation == "`sort`"
    assert not race.ROWS["parcels_sorted"].exists
    with pytest.raises(ValueError, match="two rows parcels_sorted"):
        add(parcels_sorted)
