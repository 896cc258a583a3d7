"""What becomes of the siblings of a failed call, for each way to start many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any

import pytest

from examples.parallel_execution_patterns.sibling_fates import (
    Desk,
    Fate,
    by_gather,
    by_gather_exceptions,
    by_map,
    by_pool_group,
    by_result,
    by_shutdown,
    by_task_group,
    by_wait,
    pool_fate,
    task_fate,
)

Way = Callable[[list[Coroutine[Any, Any, None]]], Coroutine[Any, Any, None]]


@pytest.mark.parametrize(
    ("way", "fate"),
    [
        (by_task_group, Fate("ExceptionGroup", "cancelled", 0)),
        (by_gather, Fate("ConnectionError", "runs on", 6)),
        (by_gather_exceptions, Fate("nothing", "is awaited", 6)),
    ],
)
def test_tasks(way: Way, fate: Fate) -> None:
    assert asyncio.run(task_fate(way)) == fate


@pytest.mark.parametrize(
    ("way", "fate"),
    [
        (by_result, Fate("ConnectionError", "runs on", 6)),
        (by_map, Fate("ConnectionError", "runs on", 0)),
        (by_wait, Fate("nothing", "runs on", 6)),
        (by_shutdown, Fate("nothing", "runs on", 0)),
        (by_pool_group, Fate("ExceptionGroup", "told to stop", 0)),
    ],
)
def test_threads(way: Callable[[Executor, Desk], None], fate: Fate) -> None:
    assert pool_fate(way) == fate


def test_processes_run_at_most_what_was_handed_over_ahead_of_time() -> None:
    fate = pool_fate(by_pool_group, "processes")
    assert (fate.seen, fate.slow) == ("ExceptionGroup", "told to stop")
    assert fate.late <= 3
