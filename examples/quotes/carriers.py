"""Carriers that take their time to answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field


class CarrierError(Exception):
    """A carrier answered, and the answer is no."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is shipped; *grams* is its weight."""

    grams: int
    zone: str = "domestic"


@dataclass(frozen=True, slots=True, order=True)
class Quote:
    """A price in *cents*; quotes sort cheapest first."""

    cents: int
    carrier: str


@dataclass(slots=True)
class Carrier:
    """A carrier that answers after *delay* seconds with *cents* for each started kilogram.

    Its first *failures* calls raise :class:`CarrierError` instead.
    """

    name: str
    delay: float
    cents: int
    failures: int = 0
    calls: int = field(default=0, init=False)

    async def quote(self, parcel: Parcel) -> Quote:
        """Ask over the network: the event loop is free while the answer is awaited."""
        self.calls += 1
        await asyncio.sleep(self.delay)
        return self._answer(parcel)

    def quote_blocking(self, parcel: Parcel) -> Quote:
        """Ask over the network and hold up the calling thread until the answer is there."""
        self.calls += 1
        time.sleep(self.delay)
        return self._answer(parcel)

    def _answer(self, parcel: Parcel) -> Quote:
        if self.calls <= self.failures:
            raise CarrierError(f"{self.name}: no answer for call {self.calls}")
        kilograms = -(-parcel.grams // 1000)
        return Quote(self.cents * kilograms, self.name)


# Named by temper: answers at once, answers in time, answers after any sensible deadline.
SWIFT = Carrier("swift", delay=0.05, cents=990)
STEADY = Carrier("steady", delay=0.20, cents=840)
SLOW = Carrier("slow", delay=30.0, cents=610)
