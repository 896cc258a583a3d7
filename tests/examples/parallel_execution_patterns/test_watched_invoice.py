"""watched_invoice: batches are reported, and the stop event ends a call between two of them."""

from __future__ import annotations

import multiprocessing

import pytest

from examples.parallel_execution_patterns import watched_invoice
from examples.parallel_execution_patterns.watched_invoice import invoice_grams, prepare, reading

spawn = multiprocessing.get_context("spawn")


def test_a_call_reports_each_batch() -> None:
    progress = spawn.SimpleQueue()
    prepare(spawn.Event(), progress)
    seen: list[int] = []
    with reading(progress, seen):
        total, complete = invoice_grams(range(1, 251))
    assert (total, complete) == ({"domestic": 250 * 420}, True)
    assert seen == [100, 100, 50]


def test_a_call_that_is_stopped_returns_what_it_has() -> None:
    stop, progress = spawn.Event(), spawn.SimpleQueue()
    prepare(stop, progress)
    stop.set()
    seen: list[int] = []
    with reading(progress, seen):
        assert invoice_grams(range(1, 10**12)) == ({}, False)
    assert seen == []


def test_the_reader_ends_when_its_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), reading(spawn.SimpleQueue(), []):
        raise ZeroDivisionError


def test_a_worker_process_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    cents, as_reported = watched_invoice.watched(range(1, 10**12), stop_early=True)
    assert cents > 0
    assert as_reported
    assert capsys.readouterr().out == "complete: False reports: True\n"
