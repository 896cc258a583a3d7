"""The counters of a load test: what is open, what is refused, and how long nothing else could run."""

from __future__ import annotations

import asyncio
import time

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.load import CountedCarrier, longest_pause
from examples.quotes import CarrierError, Parcel, Quote


def test_calls_beyond_the_places_are_refused_and_open_for_the_refusal() -> None:
    async def main() -> None:
        carrier = CountedCarrier("steady", 0.2, 840, places=2)
        asked = [asyncio.create_task(carrier.quote(Parcel(800))) for _ in range(5)]
        await asyncio.sleep(0.1)
        assert carrier.open == 2
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert answers[:2] == [Quote(840, "steady")] * 2
        assert all(isinstance(answer, CarrierError) for answer in answers[2:])
        assert (carrier.most_open, carrier.refused, carrier.open) == (5, 3, 0)
        assert str(answers[2]) == "steady: 429, all 2 places are taken"

    with virtual_clock():
        asyncio.run(main())


def test_a_refusal_takes_a_connection_and_no_place() -> None:
    async def main() -> None:
        carrier = CountedCarrier("steady", 0.02, 840, places=1)
        asked = [asyncio.create_task(carrier.quote(Parcel(800))) for _ in range(2)]
        await asyncio.sleep(0.03)  # the first was served, and the second is still being refused
        assert (carrier.open, carrier.serving) == (1, 0)
        assert await carrier.quote(Parcel(800)) == Quote(840, "steady")
        await asyncio.wait(asked)
        assert (carrier.refused, carrier.open) == (1, 0)
        assert isinstance(asked[1].exception(), CarrierError)

    with virtual_clock():
        asyncio.run(main())


def test_a_cancelled_call_is_no_longer_open() -> None:
    async def main() -> None:
        carrier = CountedCarrier("slow", 30, 610)
        asked = asyncio.create_task(carrier.quote(Parcel(800)))
        await asyncio.sleep(1)
        asked.cancel()
        await asyncio.wait([asked])
        assert (carrier.open, carrier.serving, carrier.most_open) == (0, 0, 1)

    with virtual_clock():
        asyncio.run(main())


@pytest.mark.parametrize("at_the_end", [True, False])
def test_a_blocking_call_is_the_longest_pause(at_the_end: bool) -> None:
    def block() -> None:
        time.sleep(2)  # on the virtual clock: two seconds in which no task runs

    async def main() -> None:
        async with longest_pause() as pause:
            await asyncio.sleep(1)
            block()
            if not at_the_end:
                await asyncio.sleep(1)
        assert pause.seconds == pytest.approx(1.95 if at_the_end else 2, abs=0.051)
        assert len(asyncio.all_tasks()) == 1

    with virtual_clock():
        asyncio.run(main())


def test_a_loop_that_is_free_has_no_pause() -> None:
    async def main() -> None:
        async with longest_pause() as pause:
            await asyncio.sleep(10)
        assert pause.seconds == pytest.approx(0, abs=1e-6)

    with virtual_clock():
        asyncio.run(main())


def test_the_watch_ends_when_the_block_raises() -> None:
    async def main() -> None:
        with pytest.raises(CarrierError):
            async with longest_pause():
                raise CarrierError
        assert len(asyncio.all_tasks()) == 1

    with virtual_clock():
        asyncio.run(main())
