"""The default parts keep their bounds, and survive callers that fail, hang up or are cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.quotes import CarrierError, Parcel, Quote
from examples.quotes.inputs import Refusal
from examples.quotes.parts import Bounded, Depots, Gathered, Settings, SharedRates, batch_of_workers

ANSWER = Gathered((Quote(990, "swift"),))


class Loads:
    """Counts how often it is asked, and answers in 1 s."""

    def __init__(self, answer: Gathered | Exception = ANSWER) -> None:
        self.calls, self.answer = 0, answer

    async def __call__(self) -> Gathered:
        self.calls += 1
        await asyncio.sleep(1)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_rate_is_kept_for_its_time() -> None:
    async def main() -> None:
        rates, load = SharedRates(Settings(rate_seconds=60)), Loads()
        for calls, pause in ((1, 50), (1, 10), (2, 0)):
            assert await rates.get("2 kg", load) == ANSWER
            assert load.calls == calls
            await asyncio.sleep(pause)

    with virtual_clock():
        asyncio.run(main())


def test_all_who_ask_meanwhile_share_a_call_and_a_cancelled_one_leaves_it_to_the_others() -> None:
    async def main() -> None:
        rates, load = SharedRates(Settings()), Loads()
        first, second = (asyncio.create_task(rates.get("2 kg", load)) for _ in range(2))
        await asyncio.sleep(0.5)
        first.cancel()
        assert await second == ANSWER
        assert first.cancelled()
        assert load.calls == 1

    with virtual_clock():
        asyncio.run(main())


@pytest.mark.parametrize("answer", [CarrierError("no"), Gathered((), {"swift": "no"})])
def test_what_is_incomplete_is_not_kept(answer: Gathered | Exception) -> None:
    async def main() -> None:
        rates, load = SharedRates(Settings()), Loads(answer)
        for _ in range(2):
            await asyncio.gather(rates.get("2 kg", load), return_exceptions=True)
        assert load.calls == 2

    with virtual_clock():
        asyncio.run(main())


def test_no_more_rates_are_kept_than_allowed() -> None:
    async def main() -> None:
        rates, load = SharedRates(Settings(rates=2)), Loads()
        for key in (1, 2, 3, 3, 1):
            await rates.get(key, load)
        assert load.calls == 4

    with virtual_clock():
        asyncio.run(main())


def test_calls_that_are_under_way_at_the_end_are_cancelled() -> None:
    async def main() -> None:
        rates = SharedRates(Settings())
        asking = asyncio.create_task(rates.get("2 kg", Loads()))
        await asyncio.sleep(0.5)
        await rates.aclose()
        await asyncio.wait([asking])
        assert asking.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with virtual_clock():
        asyncio.run(main())


def test_a_batch_keeps_order_and_limit_although_some_fail() -> None:
    inside = most = 0

    async def ask(parcel: Parcel) -> Quote:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(1 / parcel.grams)
        inside -= 1
        if parcel.grams == 2:
            raise CarrierError("no")
        return Quote(parcel.grams, "swift")

    with virtual_clock():
        answers = asyncio.run(batch_of_workers(ask, [Parcel(grams) for grams in range(1, 8)], 3))
    assert [each.cents if isinstance(each, Quote) else str(each) for each in answers] == [1, "no", 3, 4, 5, 6, 7]
    assert most == 3


def test_above_its_bound_it_refuses_and_a_cancelled_request_gives_its_place_back() -> None:
    async def main() -> None:
        admit = Bounded(Settings(at_once=1, waiting=1))

        async def request() -> None:
            async with admit():
                await asyncio.sleep(10)

        inside, waiting = (asyncio.create_task(request()) for _ in range(2))
        await asyncio.sleep(1)
        with pytest.raises(Refusal, match="too many requests"):
            await request()
        waiting.cancel()
        await asyncio.wait([inside, waiting])
        assert admit.inside == 0
        await request()

    with virtual_clock():
        asyncio.run(main())


def test_a_report_that_can_not_have_its_locks_gives_back_those_that_it_has() -> None:
    depots = Depots(Settings(stock_seconds=0))
    other_held, leave = threading.Event(), threading.Event()

    def hold(names: Sequence[str]) -> Iterator[str]:
        yield from names
        other_held.set()
        leave.wait()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(depots.report, hold(["south"]), 60)
        other_held.wait()
        with pytest.raises(TimeoutError, match="depot south is in use"):
            depots.report(["north", "south"], 0.01)
        leave.set()
        assert holding.result() == {"south": 500}
    assert depots.report(["north", "south"], 60) == {"north": 500, "south": 500}
