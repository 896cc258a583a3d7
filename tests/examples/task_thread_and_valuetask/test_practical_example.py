"""Ten customers who ask at one moment: ten calls before the change, one after it; and one failure for all."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from concurrent_doctest.virtual_clock import virtual_clock
from examples.quotes import Quote
from examples.quotes.carrier_servers import LocalCarrier
from examples.quotes.experiment import Change, compare
from examples.quotes.load import Load
from examples.quotes.parts import Gathered, Parts, Settings
from examples.task_thread_and_valuetask.practical_example import CHANGE, PlainRates, checkout, together

TEN = Load(checkout, count=10)


def at_one_moment(failures: int = 0) -> Change:
    """The change, with ten customers who all ask before a call begins."""
    return replace(
        CHANGE,
        before=Parts(rates=together(CHANGE.before.rates, TEN.count)),
        after=Parts(rates=together(CHANGE.after.rates, TEN.count)),
        carriers=[LocalCarrier("steady", failures=failures)],
        settings=replace(CHANGE.settings, rate_seconds=60, deadline=60),
    )


def test_one_call_for_all() -> None:
    found = compare(at_one_moment(), load=TEN)
    assert [found[side]["statuses"] for side in ("before", "after")] == [{"200": 10}] * 2
    assert [found[side]["calls"] for side in ("before", "after")] == [10, 1]


def test_one_failure_for_all() -> None:
    found = compare(at_one_moment(failures=1), load=TEN)
    assert [found[side]["statuses"] for side in ("before", "after")] == [{"200": 9, "502": 1}, {"502": 10}]


def test_plain_rates_keep_what_is_complete_until_it_expires() -> None:
    answers = [Gathered((), {"steady": "down"}), Gathered((Quote(840, "steady"),)), Gathered((Quote(900, "steady"),))]

    async def seen(seconds: float) -> list[Gathered]:
        rates, left = PlainRates(Settings(rate_seconds=seconds)), iter(answers)

        async def load() -> Gathered:
            return next(left)

        return [await rates.get("1 kg", load) for _ in answers]

    with virtual_clock():
        assert asyncio.run(seen(60)) == [answers[0], answers[1], answers[1]]
        assert asyncio.run(seen(0)) == answers


def test_the_rate_expires_under_the_load_and_the_load_ends_soon() -> None:
    assert CHANGE.settings.rate_seconds < CHANGE.load.count / CHANGE.load.rate <= 3
