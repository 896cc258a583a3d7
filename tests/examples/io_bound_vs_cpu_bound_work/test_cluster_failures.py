"""A lost worker, and a call that kills its workers, by what is printed."""

from __future__ import annotations

import pytest

from examples.io_bound_vs_cpu_bound_work.cluster_failures import main


def test_a_lost_call_runs_again_and_a_deadly_one_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    """One order, two calls from two processes, one label; and after one death more than is allowed, KilledWorker."""
    main()
    again, got, labels, killed = capsys.readouterr().out.splitlines()
    assert again == "called again, by another: True"
    assert got == "the client got: label 1"
    assert labels == "labels printed: 1"
    assert killed.startswith("KilledWorker: Attempted to run task 'crash-")
    assert "on 2 different workers, but all those workers died while running it." in killed
