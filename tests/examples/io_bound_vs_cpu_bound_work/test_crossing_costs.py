"""What crosses comes back right, in every kind of pool; no time is asserted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from examples.io_bound_vs_cpu_bound_work import crossing_costs, six_ways

ROOT = Path(__file__).resolve().parents[3]


def test_every_pool_gives_the_same_answers() -> None:
    got = crossing_costs.check()
    assert list(got) == list(six_ways.pools())
    assert all(answers == [1_000, 0, 29, 342] for answers in got.values())


def test_round_trips_are_measured_for_each_payload() -> None:
    trips = crossing_costs.handing_over(1)
    assert set(trips) == {*six_ways.pools(), "shared memory"}
    for name, row in trips.items():
        assert list(row) == ["nothing", *crossing_costs.PAYLOADS][name == "shared memory" :]
        assert all(taken > 0 for taken in row.values())


def test_gains_are_measured_for_each_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossing_costs, "COSTS", (10, 10_000))
    gains = crossing_costs.gains(1)
    assert {"threads", "processes, one by one", "processes, in 8 chunks"} <= set(gains)
    assert all(list(row) == ["10", "10000"] and min(row.values()) > 0 for row in gains.values())


def test_the_program_runs_alone() -> None:
    command = [sys.executable, "-m", "examples.io_bound_vs_cpu_bound_work.crossing_costs"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert ran.stderr == ""
    assert len(ran.stdout.splitlines()) == len(six_ways.pools())
