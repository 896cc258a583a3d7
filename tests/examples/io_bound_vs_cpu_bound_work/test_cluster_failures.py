"""A lost worker, a task that kills its workers, a dropped future, a large argument: the scenes, by what they print."""

from __future__ import annotations

import pytest

from examples.io_bound_vs_cpu_bound_work.cluster_failures import SCENES


def lines(scene: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What *scene* prints."""
    SCENES[scene]()
    return capsys.readouterr().out.splitlines()


def test_a_task_of_a_lost_worker_runs_again(capsys: pytest.CaptureFixture[str]) -> None:
    """One task, two calls to the carrier, from two processes."""
    assert lines("lost", capsys) == [
        "the client got: label 2",
        "by another process: True",
        "labels, one for each call: 2",
        "labels, one for each order: 1",
    ]


def test_a_task_that_kills_its_workers_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    """After one death more than is allowed, the caller learns it."""
    (said,) = lines("killed", capsys)
    assert said.startswith("KilledWorker: Attempted to run task 'crash-")
    assert "on 2 different workers, but all those workers died while running it." in said


def test_a_dropped_future_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    """Waiting or running; unless it was told to be kept."""
    assert lines("dropped", capsys) == [
        "held:  ['first', 'second', 'third']",
        "known: ['first', 'third']",
        "known: ['third']",
        "first: label 1 is on the parcel",
        "known: []",
    ]


def test_a_large_argument_is_warned_of_once_scattered_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    """12 MB in a call warn; a scattered object does not."""
    assert lines("large", capsys) == ["Sending large graph of size 11.44 MiB.", "{12000000}", "warnings: 0"]
