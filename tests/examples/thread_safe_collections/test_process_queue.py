"""process_queue: a pill for each worker ends them all, and every parcel has its label."""

from __future__ import annotations

import multiprocessing
import queue

import pytest

from examples.thread_safe_collections import process_queue


def test_workers_end_and_every_parcel_has_its_label(capsys: pytest.CaptureFixture[str]) -> None:
    process_queue.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Queue <multiprocessing.queues.Queue object ... is closed"
    assert lines[1:] == ["['label A1', 'label A2', 'label A3']", "ended: [0, 0]"]
    assert multiprocessing.active_children() == []


def test_work_ends_at_the_first_pill() -> None:
    spawn = multiprocessing.get_context("spawn")
    parcels, labels = spawn.Queue(), spawn.Queue()
    for parcel in ("A1", None, "A2"):
        parcels.put(parcel)
    process_queue.work(parcels, labels)
    assert labels.get(timeout=30) == "label A1"
    assert parcels.get(timeout=30) == "A2"
    with pytest.raises(queue.Empty):
        labels.get(timeout=0.01)
    for each in (parcels, labels):
        each.close()
        each.join_thread()
