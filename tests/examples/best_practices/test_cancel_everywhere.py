"""cancel_everywhere: every suspension, both moments, and the state behind each."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.cancel_everywhere import Case, Program, cancel_everywhere


def cases(program: Program) -> list[Case]:
    with virtual_clock():
        return list(cancel_everywhere(program))


def without_check(main: Callable[[], Coroutine[Any, Any, object]]) -> Program:
    return lambda: (main(), lambda: None)


def test_each_suspension_is_cancelled_at_both_moments() -> None:
    """The last run is not cancelled; places are told by the coroutines that wait."""

    async def inner() -> None:
        await asyncio.sleep(1)

    async def main() -> None:
        await asyncio.sleep(30)
        await inner()

    assert cases(without_check(main)) == [
        Case(1, "waiting", "main > sleep", "CancelledError", None),
        Case(1, "ready", "main > sleep", "CancelledError", None),
        Case(2, "waiting", "main > inner > sleep", "CancelledError", None),
        Case(2, "ready", "main > inner > sleep", "CancelledError", None),
        Case(3, "never", "", "returned", None),
    ]


def test_a_bare_yield_is_a_suspension() -> None:
    async def main() -> None:
        await asyncio.sleep(0)

    assert [case.ended for case in cases(without_check(main))] == ["CancelledError", "CancelledError", "returned"]


def test_a_coroutine_that_never_suspends_has_one_run() -> None:
    async def main() -> None:
        """Returns at once."""

    assert cases(without_check(main)) == [Case(1, "never", "", "returned", None)]


def test_at_the_ready_moment_the_result_is_there() -> None:
    """What was handed over a moment before the cancellation is lost, unless the coroutine looks."""

    def program() -> tuple[Coroutine[Any, Any, object], Callable[[], None]]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()
        seen: list[bool] = []

        async def main() -> None:
            loop.call_later(3, answer.set_result, "840 cents")
            try:
                await answer
            except asyncio.CancelledError:
                seen.append(answer.cancelled())
                raise

        def check() -> None:
            if seen:
                raise AssertionError("no answer" if seen[0] else "an answer")

        return main(), check

    assert [case.problem for case in cases(program)] == ["no answer", "an answer", None]


def test_a_swallowed_cancellation_returns() -> None:
    async def main() -> None:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            await asyncio.sleep(2)

    assert [case.ended for case in cases(without_check(main))] == ["returned"] * 3


def test_an_error_of_the_program_is_told() -> None:
    async def main() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            raise OSError("no rates")

    def check() -> None:
        raise ValueError

    with virtual_clock():
        (*_, last) = cancel_everywhere(lambda: (main(), check))
    assert (last.moment, last.ended, last.problem) == ("never", "OSError", "ValueError()")


def test_it_finds_a_connection_that_is_lost_and_accepts_the_fix() -> None:
    async def broken(pool: asyncio.Queue[str]) -> None:
        connection = await pool.get()
        await asyncio.sleep(1)
        try:
            await asyncio.sleep(5)
        finally:
            pool.put_nowait(connection)

    async def fixed(pool: asyncio.Queue[str]) -> None:
        connection = await pool.get()
        try:
            await asyncio.sleep(6)
        finally:
            pool.put_nowait(connection)

    def problems(use: Callable[[asyncio.Queue[str]], Coroutine[Any, Any, None]]) -> list[str | None]:
        def program() -> tuple[Coroutine[Any, Any, None], Callable[[], None]]:
            pool: asyncio.Queue[str] = asyncio.Queue()
            pool.put_nowait("connection")

            def check() -> None:
                assert pool.qsize() == 1, "lost"

            return use(pool), check

        return [case.problem and case.problem.splitlines()[0] for case in cases(program)]

    assert problems(broken) == ["lost", "lost", None, None, None]
    assert problems(fixed) == [None, None, None]


def test_wait_for_ignores_a_cancellation_on_3_11() -> None:
    """The item is there when the cancellation comes."""

    def program() -> tuple[Coroutine[Any, Any, object], Callable[[], None]]:
        queue: asyncio.Queue[str] = asyncio.Queue()

        async def main() -> None:
            asyncio.get_running_loop().call_later(3, queue.put_nowait, "parcel")
            await asyncio.wait_for(queue.get(), 30)

        return main(), lambda: None

    ready = cases(program)[1]
    assert ready.moment == "ready"
    assert ready.ended == ("returned" if sys.version_info < (3, 12) else "CancelledError")
