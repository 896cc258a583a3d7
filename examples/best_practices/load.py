"""What a review or a decision record counts: calls that are open at once, refusals, and how late a loop runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from examples.quotes import Carrier, CarrierError, Parcel, Quote


# region carrier
@dataclass(slots=True)
class CountedCarrier(Carrier):
    """A carrier that serves *places* calls at a time and refuses the others.

    A refusal is an answer: its connection is open for *refusal* seconds.
    """

    places: int = 1_000_000
    refusal: float = 0.05
    open: int = field(default=0, init=False)
    serving: int = field(default=0, init=False)
    most_open: int = field(default=0, init=False)
    refused: int = field(default=0, init=False)

    async def quote(self, parcel: Parcel) -> Quote:
        """Ask over the network, on a connection of its own."""
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            if self.serving >= self.places:
                self.refused += 1
                await asyncio.sleep(self.refusal)
                raise CarrierError(f"{self.name}: 429, all {self.places} places are taken")
            self.serving += 1
            try:
                return await Carrier.quote(self, parcel)
            finally:
                self.serving -= 1
        finally:
            self.open -= 1


# endregion carrier


# region pause
@dataclass(slots=True)
class Pause:
    """How late a timer of the loop ran, at worst: *seconds*."""

    seconds: float = 0.0


@asynccontextmanager
async def longest_pause(every: float = 0.05) -> AsyncIterator[Pause]:
    """Watch the loop within the block; all other tasks wait as long as a late timer does."""
    loop, pause = asyncio.get_running_loop(), Pause()
    due = loop.time() + every

    async def watch() -> None:
        nonlocal due
        while True:
            await asyncio.sleep(due - loop.time())
            pause.seconds = max(pause.seconds, loop.time() - due)
            due = loop.time() + every

    watching = asyncio.create_task(watch(), name="longest_pause")
    try:
        yield pause
    finally:
        pause.seconds = max(pause.seconds, loop.time() - due)
        watching.cancel()
        await asyncio.wait([watching])


# endregion pause
