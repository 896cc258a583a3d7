"""Cancel a program at each suspension of any of its tasks, each in a run of its own, and check what is left.

:mod:`examples.best_practices.cancel_everywhere` counts the suspensions of one coroutine; this counts those of the tasks
that it starts as well, and always cancels the outermost task, as a client does that goes away.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

Work = Coroutine[Any, Any, object]
Program = Callable[[], tuple[Work, Callable[[], None]]]


# region driver
@dataclass(slots=True)
class Case:
    """One run: where it was, how it ended, what is wrong."""

    number: int
    where: str = ""
    ended: str = ""
    problem: str | None = None


class Cancelling:
    """A task factory that cancels *request* at one suspension."""

    request: asyncio.Task[object]

    def __init__(self, number: int) -> None:
        self.case, self.seen = Case(number), 0

    def __call__(self, loop: Any, work: Any, **options: Any) -> Any:
        return asyncio.Task(self.run(work), loop=loop, **options)

    async def run(self, work: Work) -> object:
        return await self.stepping(work)

    @types.coroutine
    def stepping(self, work: Work) -> Generator[Any, Any, object]:
        value, step = None, work.send
        while True:
            try:
                waits_for = step(value)
            except StopIteration as ended:
                return ended.value
            self.seen += 1
            if self.seen == self.case.number:
                self.case.where = " > ".join(chain(work))
                self.request.cancel()
            try:
                value, step = (yield waits_for), work.send
            except BaseException as error:
                value, step = error, work.throw


def cancel_at_each_await(program: Program) -> Iterator[Case]:
    """Run *program* once for each suspension of all its tasks.

    It makes a coroutine and a check, both anew.  The last case is
    the run to the end that nothing cancelled.
    """
    for number in count(1):
        case = asyncio.run(attempt(program, number))
        yield case
        if not case.where:
            return


async def attempt(program: Program, number: int) -> Case:
    work, check = program()
    factory = Cancelling(number)
    loop = asyncio.get_running_loop()
    loop.set_task_factory(factory)
    factory.request = asyncio.create_task(work)
    await asyncio.wait([factory.request])
    loop.set_task_factory(None)
    case = factory.case
    if factory.request.cancelled():
        case.ended = "CancelledError"
    else:
        error = factory.request.exception()
        case.ended = type(error).__name__ if error else "returned"
    left = asyncio.all_tasks() - {asyncio.current_task()}
    try:
        check()
        assert not left, f"{len(left)} tasks left"
    except Exception as error:
        case.problem = str(error) or repr(error)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    return case


# endregion driver


def chain(work: Any) -> Iterator[str]:
    """The names of the coroutines that wait for each other."""
    while hasattr(work, "cr_frame"):
        yield work.__name__
        work = work.cr_await
