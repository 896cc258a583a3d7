"""reentrant: the two ways in which running a loop inside itself breaks programs."""

from __future__ import annotations

import pytest

from examples.foundations import small_loop
from examples.foundations.reentrant import Reentrant, run_inside
from examples.foundations.small_loop import Future, Loop, create_task, run, sleep


def test_inner_runs_end_in_reverse_order() -> None:
    """The first answer is there, but its caller is below the second on the stack."""
    log: list[str] = []

    async def ask(name: str, answer: Future[None]) -> None:
        await answer
        log.append(f"{name} answered")

    async def shop(name: str, answer: Future[None]) -> None:
        run_inside(ask(name, answer))
        log.append(f"{name} goes on")

    async def main() -> None:
        first, second = Future[None](), Future[None]()
        tasks = [create_task(shop("first", first)), create_task(shop("second", second))]
        small_loop.running.call_later(0.001, lambda: first.set_result(None))
        small_loop.running.call_later(0.002, lambda: second.set_result(None))
        for task in tasks:
            await task

    run(main(), Reentrant())
    assert log == ["first answered", "second answered", "second goes on", "first goes on"]


def test_code_without_await_is_interrupted() -> None:
    """Another task runs between two lines of a plain function."""
    log: list[str] = []

    async def other() -> None:
        log.append("other")

    async def main() -> None:
        task = create_task(other())
        log.append("before")
        run_inside(sleep(0))
        log.append("after")
        await task

    run(main(), Reentrant())
    assert log == ["before", "other", "after"]


def test_the_plain_loop_does_not_survive_it() -> None:
    """The outer turn goes on counting callbacks that the inner one has run."""

    async def inside() -> None:
        run_inside(sleep(0))

    async def main() -> None:
        tasks = [create_task(coro) for coro in (inside(), sleep(0), sleep(0), sleep(0))]
        for task in tasks:
            await task

    with pytest.raises(IndexError, match="pop from an empty deque"):
        run(main(), Loop())
