"""The same calls in five patterns: how long they take, how many are made, and how many are under way at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from examples.quotes import Carrier, Parcel, Quote

PARCEL = Parcel(grams=900)


@dataclass(slots=True)
class Traffic:
    """How many calls are under way, and how many were at most."""

    now: int = 0
    most: int = 0


class Counted(Carrier):
    """A carrier that counts into *traffic*, which it shares with others."""

    def __init__(self, name: str, delay: float, cents: int, traffic: Traffic) -> None:
        super().__init__(name, delay, cents)
        self.traffic = traffic

    async def quote(self, parcel: Parcel) -> Quote:
        """Ask, and be counted meanwhile."""
        self.traffic.now += 1
        self.traffic.most = max(self.traffic.most, self.traffic.now)
        try:
            return await super().quote(parcel)
        finally:
            self.traffic.now -= 1


# region shapes
async def in_turn(asked: Iterable[Carrier]) -> None:
    for carrier in asked:
        await carrier.quote(PARCEL)


async def at_once(asked: Iterable[Carrier]) -> None:
    async with asyncio.TaskGroup() as group:
        for carrier in asked:
            group.create_task(carrier.quote(PARCEL))


async def three_workers(asked: Iterable[Carrier]) -> None:
    rest = iter(asked)

    async def work() -> None:
        for carrier in rest:
            await carrier.quote(PARCEL)

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(work())


async def first_answer(asked: Iterable[Carrier]) -> None:
    tasks = [asyncio.create_task(c.quote(PARCEL)) for c in asked]
    try:
        await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def two_a_second(asked: Iterable[Carrier]) -> None:
    async with asyncio.TaskGroup() as group:
        for carrier in asked:
            group.create_task(carrier.quote(PARCEL))
            await asyncio.sleep(0.5)


# endregion shapes

SHAPES: tuple[Callable[[Iterable[Carrier]], Awaitable[None]], ...] = (
    in_turn,
    at_once,
    three_workers,
    first_answer,
    two_a_second,
)


async def main() -> None:
    """Ask twelve carriers in each shape."""
    for shape in SHAPES:
        traffic = Traffic()
        asked = [Counted(f"c{n}", 1 + n % 3, 500 + n, traffic) for n in range(12)]
        start = time.monotonic()
        await shape(asked)
        took = time.monotonic() - start
        calls = sum(carrier.calls for carrier in asked)
        print(f"{shape.__name__:13} {took:4.1f} s, {calls} calls, {traffic.most:2} at once")


if __name__ == "__main__":
    asyncio.run(main())
