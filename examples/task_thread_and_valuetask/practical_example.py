"""A rate expires: each checkout asks the carrier, which refuses most of them, or one call is made for all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from examples.quotes.carrier_servers import LocalCarrier
from examples.quotes.experiment import Change, main
from examples.quotes.load import Load, Request
from examples.quotes.parts import Gathered, Parts, Rates, Settings, SharedRates
from examples.quotes.parts import Load as Ask


# region before
class PlainRates:
    """Looks, asks and keeps; whoever looks meanwhile asks, too."""

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.rate_seconds
        self._kept: dict[object, tuple[float, Gathered]] = {}

    async def get(self, key: object, load: Ask) -> Gathered:
        """The answer for *key*, by *load* if there is none."""
        kept = self._kept.get(key)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        answer = await load()
        if not answer.failures:
            until = time.monotonic() + self._seconds
            self._kept[key] = until, answer
        return answer

    async def aclose(self) -> None:
        """Nothing is under way but what a caller waits for."""


# endregion before


# region together
class Together:
    """Lets no call begin until *count* customers have asked."""

    def __init__(self, rates: Rates, count: int) -> None:
        self._rates, self._missing = rates, count
        self._all = asyncio.Event()

    async def get(self, key: object, load: Ask) -> Gathered:
        """What the rates say, and not before the others came."""
        self._missing -= 1
        if not self._missing:
            self._all.set()

        async def held() -> Gathered:
            await self._all.wait()
            return await load()

        return await self._rates.get(key, held)

    async def aclose(self) -> None:
        """Close the rates."""
        await self._rates.aclose()


def together(rates: Callable[[Settings], Rates], count: int) -> Callable[[Settings], Rates]:
    """Parts' *rates*, asked by *count* customers at one moment."""
    return lambda settings: Together(rates(settings), count)


# endregion together


# region change
def checkout(number: int) -> Request:
    """Everybody wants the price of the same weight."""
    return Request("/quote?grams=1200")


CHANGE = Change(
    name="one call for each rate that expires",
    before=Parts(rates=PlainRates),
    after=Parts(rates=SharedRates),
    settings=Settings(carriers=("steady",), rate_seconds=0.5),
    carriers=[LocalCarrier("steady", delay=0.2, limit=10)],
    load=Load(checkout, count=200, rate=100),
    rows=(
        "sent", "answered", "failed",
        "calls", "carrier_refused", "p50", "p99",
    ),
)  # fmt: skip
# endregion change

if __name__ == "__main__":
    main(CHANGE)
