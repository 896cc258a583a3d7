"""The last mail is lost before the change; after it, it is sent, or its failure is in the log."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.common_pitfalls.practical_example import CHANGE, AtTheLastMoment, forgotten, owned
from examples.quotes.client import CarrierClient
from examples.quotes.experiment import compare, run
from examples.quotes.load import Load
from examples.quotes.parts import Parts, Settings

ONE = Load(CHANGE.load.request, count=1)


def test_the_last_mail_is_lost_or_sent() -> None:
    change = replace(
        CHANGE,
        before=Parts(mails=AtTheLastMoment(forgotten)),
        after=Parts(mails=AtTheLastMoment(owned)),
        settings=replace(CHANGE.settings, drain_seconds=60),
        mail_delay=2,
    )
    found = compare(change, load=ONE, process=True)
    assert [found[side]["statuses"] for side in ("before", "after")] == [{"201": 1}] * 2
    assert [found[side]["booked"] for side in ("before", "after")] == [1, 1]
    assert [found[side]["missing"] for side in ("before", "after")] == [1, 0]
    assert set(CHANGE.rows) <= set(found["before"])


def test_a_mail_that_fails_is_in_the_log_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    change = replace(
        CHANGE,
        mail_delay=0,
        mail_failures=1,
        carriers=CHANGE.carriers,
        settings=replace(CHANGE.settings, drain_seconds=60),
    )
    with caplog.at_level("ERROR"):
        seen = run(change, change.after, Load(CHANGE.load.request, count=3), process=False)
    assert seen["missing"] == 1
    assert [record.getMessage().split(": ", 1)[0] for record in caplog.records] == ["not mailed"]
    assert "answered 500: mailbox full" in caplog.text


def test_a_mail_that_hangs_holds_up_the_end_for_its_limit_only(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        client = CarrierClient("http://127.0.0.1:9")

        async def hang(text: str) -> None:
            await asyncio.Event().wait()

        client.mail = hang  # type: ignore[method-assign]
        async with owned(client, Settings(drain_seconds=5)) as send:
            send("order 1 is booked")
        await client.aclose()

    with virtual_clock():
        began = time.monotonic()
        asyncio.run(main())
        assert time.monotonic() - began == 5
    assert "not mailed: order 1 is booked: too late" in caplog.text
