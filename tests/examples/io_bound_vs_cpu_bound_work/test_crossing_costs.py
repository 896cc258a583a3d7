"""What crosses comes back right, in every kind of pool; no time is asserted."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import pytest

from examples.io_bound_vs_cpu_bound_work import crossing_costs, payloads, pool_workers, shared_block, six_ways

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


def test_a_block_is_there_until_its_owner_ends() -> None:
    with shared_block.owned(8) as block:
        assert block.buf is not None
        block.buf[:5] = b"label"
        assert payloads.look_shared(block.name) == b"label"
        assert shared_block.double((block.name, 0, 1)) == 1
        assert block.buf[0] == 2 * ord("l")
        assert block.buf[1] == ord("a")
        name = block.name
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=name)


def test_a_block_is_deleted_when_the_work_fails() -> None:
    with pytest.raises(RuntimeError), shared_block.owned(8) as block:  # noqa: PT012
        name = block.name
        raise RuntimeError("no carrier")
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=name)


def test_each_worker_is_set_up_once(capsys: pytest.CaptureFixture[str]) -> None:
    pool_workers.main()
    assert capsys.readouterr().out.splitlines() == [
        "None: [990, 840, 990] from 1 worker(s)",
        "2: [990, 840, 990] from 2 worker(s)",
        "in the parent: {}",
    ]


@pytest.mark.parametrize(
    ("program", "lines"), [("crossing_costs", len(six_ways.pools())), ("shared_block", 3), ("pool_workers", 3)]
)
def test_the_program_runs_alone(program: str, lines: int) -> None:
    command = [sys.executable, "-m", f"examples.io_bound_vs_cpu_bound_work.{program}"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert ran.stderr == ""
    assert len(ran.stdout.splitlines()) == lines
    assert multiprocessing.active_children() == []
