"""More requests than the carriers can answer: all of them wait in line, or those that find it full are refused."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from examples.quotes.carrier_servers import LocalCarrier
from examples.quotes.experiment import Change, main
from examples.quotes.inputs import Refusal
from examples.quotes.load import Load
from examples.quotes.parts import Parts, Settings

Admission = Callable[[Settings], Callable[[], AbstractAsyncContextManager[None]]]


# region before
class Unbounded:
    """So many at once; the others wait in line, however long it is."""

    def __init__(self, settings: Settings) -> None:
        self.places = asyncio.Semaphore(settings.at_once)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        async with self.places:
            yield


# endregion before


# region after
class WithRefusal(Unbounded):
    """So many at once, and so many in line; the others hear so now."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.room = settings.at_once + settings.waiting

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        if not self.room:
            raise Refusal(503, "the line is full", "later", retry_after=1)
        self.room -= 1
        try:
            async with self.places:
                yield
        finally:
            self.room += 1


# endregion after


# region forced
def all_at_the_door(admission: Admission, requests: int) -> Admission:
    """*admission* to a service in which nothing ends before all *requests* have come."""

    def make(settings: Settings) -> Callable[[], AbstractAsyncContextManager[None]]:
        admit, came, all_came = admission(settings), list[None](), asyncio.Event()

        @contextlib.asynccontextmanager
        async def admitted() -> AsyncIterator[None]:
            came.append(None)
            if len(came) == requests:
                all_came.set()
            async with admit():
                await all_came.wait()
                yield

        return admitted

    return make


# endregion forced


# region change
CHANGE = Change(
    name="a line with an end",
    before=Parts(admission=Unbounded),
    after=Parts(admission=WithRefusal),
    settings=Settings(
        carriers=("steady",),
        at_once=4,  # of 0.1 s each: at most 40 a second
        waiting=4,
        rate_seconds=0,  # no rate is kept
    ),
    carriers=[LocalCarrier("steady", delay=0.1)],
    load=Load(count=80, rate=80),
    rows=("sent", "answered", "refused", "p50", "p99", "slowest"),
)
# endregion change

if __name__ == "__main__":
    main(CHANGE)
