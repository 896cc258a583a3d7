"""A shop that sells labels: the version that passed the review."""

from __future__ import annotations

import asyncio
from asyncio import Semaphore
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from examples.quotes import Carrier, CarrierError, Parcel, Quote


class SoldOut(Exception):
    """No label is left."""


class NoAnswer(ExceptionGroup):
    """No carrier gave a quote; the errors are the carriers' own."""


# region shop
class Shop:
    """Sells *labels*; has *limit* calls open to each carrier."""

    def __init__(
        self,
        carriers: Iterable[Carrier],
        labels: int,
        write: Callable[[Quote], Awaitable[None]],
        *,
        limit: int = 20,
        seconds: float = 5.0,
    ) -> None:
        self.labels = labels
        self.failed: Counter[tuple[str, str]] = Counter()
        self._asked = [(c, Semaphore(limit)) for c in carriers]
        self._write = write
        self._seconds = seconds

    async def order(self, parcel: Parcel) -> Quote:
        """The cheapest quote, which is written down by then."""
        if self.labels < 1:
            raise SoldOut
        self.labels -= 1  # no await since the check
        try:
            best = await self._best(parcel)
            await self._write(best)
        except BaseException:  # a cancellation, too
            self.labels += 1
            raise
        return best

    async def _best(self, parcel: Parcel) -> Quote:
        calls = [self._ask(*asked, parcel) for asked in self._asked]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
        ended = [task.result() for task in tasks]
        quotes = [one for one in ended if isinstance(one, Quote)]
        if not quotes:
            errors = [e for e in ended if isinstance(e, Exception)]
            raise NoAnswer("no carrier gave a quote", errors)
        return min(quotes)

    async def _ask(
        self,
        carrier: Carrier,
        places: Semaphore,
        parcel: Parcel,
    ) -> Quote | Exception:
        try:
            async with asyncio.timeout(self._seconds), places:
                return await carrier.quote(parcel)
        except (CarrierError, TimeoutError) as error:
            self.failed[carrier.name, type(error).__name__] += 1
            return error


# endregion shop
