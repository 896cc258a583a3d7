"""``costs`` starts and ends what it says it does, reports each kind, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from pathlib import Path

import pytest

from examples.task_thread_and_valuetask import costs

CHEAP = [kind for kind in costs.KINDS if "process" not in kind and "importing" not in kind]


@pytest.mark.parametrize("kind", CHEAP)
def test_a_kind_runs_to_its_end_and_leaves_nothing_behind(kind: str) -> None:
    _, timed, _ = costs.KINDS[kind]
    threads = threading.active_count()
    try:
        costs.run(timed, 2)
    except ImportError:
        assert kind == "subinterpreter"
    assert threading.active_count() == threads


def test_a_kind_that_is_not_here_has_no_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(times: int) -> None:
        raise ImportError

    monkeypatch.setitem(costs.KINDS, "subinterpreter", (1, absent, None))
    assert costs.measure("subinterpreter") is None


def test_the_best_of_the_rounds_counts_and_memory_that_cannot_be_read_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds: list[int] = []

    def unreadable() -> int:
        raise FileNotFoundError("/proc/self/smaps_rollup")

    monkeypatch.setitem(costs.KINDS, "function call", (20, rounds.append, unreadable))
    row = costs.measure("function call")
    assert row is not None
    assert rounds == [2] + [20] * costs.ROUNDS  # a tenth to warm up, then the rounds
    assert row["bytes"] is None


def test_the_waiting_ones_end_when_their_memory_has_been_read() -> None:
    if not Path("/proc/self/smaps_rollup").exists():
        pytest.skip("memory is read from /proc")
    threads = threading.active_count()
    assert costs.waiting_thread() >= 0
    assert threading.active_count() == threads
    assert asyncio.run(costs.waiting_task()) >= 0


def test_json_has_a_row_for_each_kind(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def in_child(kind: str, environment: dict[str, str]) -> costs.Row | None:
        assert "PYTHONDONTWRITEBYTECODE" not in environment
        return None if kind == "subinterpreter" else {"microseconds": 1.0, "bytes": 2}

    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(costs, "in_child", in_child)
    costs.main(["--json"])
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert list(rows) == list(costs.KINDS)
    assert rows["asyncio.Task"] == {"microseconds": 1.0, "bytes": 2}
    assert rows["subinterpreter"] is None
    costs.main([])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(costs.KINDS)
    assert lines[-1].endswith("not here")


def test_a_kind_is_measured_in_a_process_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    row = costs.in_child("function call", dict(os.environ))
    assert row is not None
    assert set(row) == {"microseconds", "bytes"}
