"""What a worker changes stays in the worker; a table crosses with each job, or once."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from examples.common_pitfalls import process_jobs

spawn = multiprocessing.get_context("spawn")


def test_a_global_stays_in_the_worker() -> None:
    with ProcessPoolExecutor(1, spawn) as pool:
        assert pool.submit(process_jobs.note, "swift").result(60) == ["swift"]
    assert process_jobs.noted == []


def test_a_table_crosses_with_each_job_or_once() -> None:
    sent, kept = process_jobs.Table(10), process_jobs.Table(10)
    with ProcessPoolExecutor(1, spawn) as pool:
        calls = [pool.submit(process_jobs.price_sent, sent, grams) for grams in range(5)]
        assert [call.result(60) for call in calls] == [0, 1, 2, 3, 4]
    with ProcessPoolExecutor(1, spawn, process_jobs.keep, (kept,)) as pool:
        assert list(pool.map(process_jobs.price_kept, range(5))) == [0, 1, 2, 3, 4]
    assert (sent.pickled, kept.pickled) == (5, 1)


def test_only_an_executor_lets_its_workers_start_processes() -> None:
    with ProcessPoolExecutor(1, spawn) as executor:
        assert executor.submit(process_jobs.start_child).result(60) == 0
    with spawn.Pool(1) as pool, pytest.raises(AssertionError, match="daemonic"):
        pool.apply(process_jobs.start_child)


def test_the_price() -> None:
    assert process_jobs.price(100, 1_500) == 940
