"""cancel_at_each_await: the suspensions of all tasks, how each run ends, and what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from concurrent_doctest.virtual_clock import virtual_clock
from examples.operations.cancel_at_each_await import Case, cancel_at_each_await


def cases(work: Callable[[], Coroutine[Any, Any, object]], check: Callable[[], None] = lambda: None) -> list[Case]:
    with virtual_clock():
        return list(cancel_at_each_await(lambda: (work(), check)))


async def wait() -> None:
    await asyncio.sleep(1)


def test_suspensions_of_child_tasks_count() -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(wait())

    group, *rest = cases(main)
    assert group.where.startswith("main > __aexit__")  # newer versions go one call deeper
    assert rest == [Case(2, "wait > sleep", "CancelledError"), Case(3, "", "returned")]


def test_who_swallows_is_told() -> None:
    async def main() -> None:
        try:
            await wait()
        except asyncio.CancelledError:
            raise ValueError from None

    assert [case.ended for case in cases(main)] == ["ValueError", "returned"]


def test_a_task_that_is_left_is_a_problem_and_is_ended() -> None:
    left = []

    async def main() -> None:
        left.append(asyncio.create_task(wait()))
        await asyncio.sleep(0)

    found = cases(main)
    assert {case.problem for case in found} == {"1 tasks left"}
    assert all(task.done() for task in left)


def test_the_check_is_called_behind_each_run() -> None:
    def check() -> None:
        raise AssertionError("lost")

    assert [case.problem for case in cases(wait, check)] == ["lost", "lost"]


def test_a_program_that_never_suspends_has_one_run() -> None:
    async def main() -> int:
        return 840

    assert cases(main) == [Case(1, "", "returned")]
