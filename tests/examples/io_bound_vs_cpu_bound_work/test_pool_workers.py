"""pool_workers: each worker is set up once, and does as many jobs as it may."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from examples.io_bound_vs_cpu_bound_work import pool_workers

ROOT = Path(__file__).resolve().parents[3]


def test_a_worker_is_set_up_once_for_all_its_jobs() -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=pool_workers.load, initargs=(500,)) as pool:
        done = list(pool.map(pool_workers.price, ["swift", "steady", "swift"]))
    assert [cents for cents, _ in done] == [500, 350, 500]
    (worker,) = {pid for _, loads in done for pid in loads}
    assert all(loads == [worker] for _, loads in done)
    assert worker != os.getpid()
    assert pool_workers.rates == {}


def test_a_worker_that_was_not_set_up_has_no_rates() -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool, pytest.raises(KeyError, match="swift"):
        pool.submit(pool_workers.price, "swift").result(60)


def test_the_program_counts_its_workers() -> None:
    command = [sys.executable, "-m", "examples.io_bound_vs_cpu_bound_work.pool_workers"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        "None: [990, 840, 990] from 1 worker(s)",
        "2: [990, 840, 990] from 2 worker(s)",
        "in the parent: {}",
    ]
