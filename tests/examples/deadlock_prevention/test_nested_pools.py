"""nested_pools: a job of an executor may have a pool, a job of ``multiprocessing.Pool`` may not."""

from __future__ import annotations

import multiprocessing

import pytest

from examples.deadlock_prevention import nested_pools


def test_a_job_of_an_executor_may_have_a_pool_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    nested_pools.main()
    assert capsys.readouterr().out == "[1, 2, 3]\n"


def test_a_job_of_a_daemonic_worker_may_not() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        with pytest.raises(AssertionError, match="daemonic processes are not allowed to have children"):
            pool.apply(nested_pools.rank_all, ([1],))
        pool.close()
        pool.join()
