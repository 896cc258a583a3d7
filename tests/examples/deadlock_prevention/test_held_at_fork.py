"""held_at_fork: a forked worker finds the lock held by nobody, one that was started anew finds its own."""

from __future__ import annotations

import multiprocessing
import warnings

import pytest

from examples.deadlock_prevention import held_at_fork


@pytest.mark.parametrize(("method", "expected"), [("fork", False), ("forkserver", True), ("spawn", True)])
def test_only_a_forked_worker_inherits_the_held_lock(method: str, expected: bool) -> None:
    context = multiprocessing.get_context(method)
    with held_at_fork.holding_rates(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the fork of a process with threads, on purpose
        with context.Pool(1) as pool:
            assert pool.apply(held_at_fork.try_rates) is expected
            pool.close()
            pool.join()


def test_the_lock_is_free_again_afterwards() -> None:
    with held_at_fork.holding_rates():
        assert not held_at_fork.rates.acquire(blocking=False)
    assert held_at_fork.try_rates()
