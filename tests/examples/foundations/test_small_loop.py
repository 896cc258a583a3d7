"""small_loop: order of callbacks and timers, results and exceptions, and agreement with asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from types import ModuleType
from typing import Any

import pytest

from examples.foundations import small_loop
from examples.foundations.small_loop import Future, Loop, Task, create_task, run, sleep


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    return clock


def test_callbacks_run_in_order_and_new_ones_on_the_next_turn() -> None:
    """What a callback adds has to wait for the next turn."""
    loop, ran = Loop(), list[str]()

    def first() -> None:
        ran.append("first")
        loop.call_soon(lambda: ran.append("third"))

    loop.call_soon(first)
    loop.call_soon(lambda: ran.append("second"))
    loop.run_once()
    assert ran == ["first", "second"]
    loop.run_once()
    assert ran == ["first", "second", "third"]


def test_timers_run_by_time_then_by_age(clock: Clock) -> None:
    """The heap sorts by time; equal times keep their order."""
    loop, ran = Loop(), list[str]()
    loop.call_later(30, lambda: ran.append("slow"))
    loop.call_later(1, lambda: ran.append("swift"))
    loop.call_later(1, lambda: ran.append("steady"))
    loop.run_once()
    assert (ran, clock.now) == (["swift", "steady"], 1.0)
    loop.run_once()
    assert (ran, clock.now) == (["swift", "steady", "slow"], 30.0)


def test_a_ready_callback_goes_before_a_timer_that_is_due(clock: Clock) -> None:
    """A timer that became due joins the end of the queue."""
    loop, ran = Loop(), list[str]()
    loop.call_later(1, lambda: ran.append("timer"))
    loop.call_soon(lambda: ran.append("ready"))
    clock.sleep(2)
    loop.run_once()
    assert ran == ["ready", "timer"]


def test_a_wait_for_nothing_is_reported() -> None:
    """No callback and no timer: nobody could ever set the future."""

    async def forever() -> None:
        await Future[None]()

    coro = forever()
    with pytest.raises(RuntimeError, match="nothing is left that could wake us"):
        run(coro)
    coro.close()


def test_await_on_a_done_future_does_not_suspend() -> None:
    """The coroutine ends on the first send."""
    future = Future[int]()
    future.set_result(840)

    async def shop() -> int:
        return await future

    with pytest.raises(StopIteration) as stop:
        shop().send(None)
    assert stop.value.value == 840


def test_exceptions_reach_whoever_awaits() -> None:
    """From a task, and from a future that failed."""

    async def fails() -> None:
        raise ConnectionError("refused")

    async def main() -> str:
        task = create_task(fails())
        with pytest.raises(ConnectionError, match="refused"):
            await task
        future = Future[None]()
        small_loop.running.call_soon(lambda: future.set_exception(KeyError("rate")))
        with pytest.raises(KeyError, match="rate"):
            await future
        return "both seen"

    assert run(main()) == "both seen"


def test_a_bad_yield_is_thrown_into_the_coroutine() -> None:
    """The coroutine can catch it, and goes on."""

    class Pause:
        def __await__(self) -> Generator[str, None, None]:
            yield "a pause"

    async def main() -> str:
        try:
            await Pause()
        except RuntimeError as error:
            await sleep(0)
            return str(error)
        return "no error"

    assert run(main()) == "got bad yield: 'a pause'"


def test_tasks_overlap(clock: Clock) -> None:
    """Three waits take as long as the longest."""

    async def main() -> list[str]:
        ended = list[str]()

        async def ask(carrier: str, seconds: float) -> None:
            await sleep(seconds)
            ended.append(carrier)

        tasks = [create_task(ask(*row)) for row in (("slow", 30), ("swift", 0.05), ("steady", 0.2))]
        for task in tasks:
            await task
        return ended

    assert run(main()) == ["swift", "steady", "slow"]
    assert clock.now == pytest.approx(30.0)


async def program(lib: Any, log: list[str]) -> int:
    """Use what both have: tasks that await tasks, a future, a task awaited twice."""
    future: Any = lib.Future()

    async def turn() -> None:
        pass

    async def worker(name: str) -> int:
        for step in range(2):
            log.append(f"{name} {step}")
            await lib.create_task(turn())
        return len(name)

    async def waiter() -> None:
        log.append(f"got {await future}")

    tasks = [lib.create_task(worker("a")), lib.create_task(worker("bb")), lib.create_task(waiter())]
    await lib.create_task(turn())
    log.append("main")
    future.set_result(840)
    total = 0
    for task in [*tasks[:2], tasks[0]]:
        total += await task
    await tasks[2]
    return total


@pytest.mark.parametrize("lib", [small_loop, asyncio], ids=["small_loop", "asyncio"])
def test_same_order_as_asyncio(lib: ModuleType) -> None:
    """Turn by turn the same log."""
    log = list[str]()
    assert lib.run(program(lib, log)) == 4
    assert log == ["a 0", "bb 0", "main", "a 1", "bb 1", "got 840"]


def test_task_is_a_future() -> None:
    """So a task can be awaited like one."""
    assert issubclass(Task, Future)
