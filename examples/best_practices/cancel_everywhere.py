"""Cancel a coroutine at its first, second, ... suspension, each in a run of its own, and check what is left.

At each suspension there are two moments: while it waits, and when what it waits for is there but it has not run yet.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any


# region driver
@dataclass(frozen=True, slots=True)
class Case:
    """One run: where it was cancelled, how it ended, what is wrong."""

    number: int
    moment: str
    where: str
    ended: str
    problem: str | None


Program = Callable[[], tuple[Coroutine[Any, Any, object], Callable[[], None]]]


def cancel_everywhere(program: Program) -> Iterator[Case]:
    """Run what *program* returns once for each place to cancel it.

    It makes a coroutine and a check, both anew; the check is called
    when the coroutine has ended, and raises if something is wrong.
    The last case is the run to the end that nothing cancelled.
    """
    for number in count(1):
        for moment in "waiting", "ready":
            case = asyncio.run(attempt(program, number, moment))
            yield case
            if case.moment == "never":  # so few suspensions
                return


@types.coroutine
def stepping(coroutine: Coroutine[Any, Any, object], number: int, moment: str) -> Generator[Any, Any, tuple[str, str]]:
    """Run it in the current task; cancel that at one suspension."""
    task = asyncio.current_task()
    assert task is not None
    where, seen, sent = "", 0, coroutine.send
    value: Any = None
    while True:
        try:
            waits_for = sent(value)
        except StopIteration:
            return where, "returned"
        except BaseException as error:
            return where, type(error).__name__
        seen += 1
        if seen == number:
            where = " > ".join(chain(coroutine))
            if moment == "waiting" or waits_for is None:
                task.cancel()  # waits_for, as soon as it is awaited
            else:  # before the callback that wakes the task
                waits_for.add_done_callback(lambda _: task.cancel())
        try:
            value, sent = (yield waits_for), coroutine.send
        except BaseException as error:
            value, sent = error, coroutine.throw


# endregion driver


def chain(coroutine: Any) -> Iterator[str]:
    """The names of the coroutines that wait for each other."""
    while hasattr(coroutine, "cr_frame"):
        yield coroutine.__name__
        coroutine = coroutine.cr_await


async def attempt(program: Program, number: int, moment: str) -> Case:
    """One run, in a loop of its own."""
    coroutine, check = program()
    task = asyncio.create_task(run(coroutine, number, moment))
    await asyncio.wait([task])
    where, ended = task.result()
    problem = None
    try:
        check()
    except Exception as error:
        problem = str(error) or repr(error)
    return Case(number, moment if where else "never", where, ended, problem)


async def run(coroutine: Coroutine[Any, Any, object], number: int, moment: str) -> tuple[str, str]:
    """The task's own coroutine."""
    return await stepping(coroutine, number, moment)
