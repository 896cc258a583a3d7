"""Labels are the same either way; the loop goes on during a label only where a process renders it."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from examples.io_bound_vs_cpu_bound_work.practical_example import (
    CHANGE,
    EVERY,
    LABELS,
    labels_in_warm_processes,
    labels_on_the_loop,
    mostly_quotes,
    of_quotes,
)
from examples.quotes import Parcel
from examples.quotes.carrier_servers import Carriers
from examples.quotes.labels import render
from examples.quotes.load import Outcome, Request
from examples.quotes.parts import Render, Settings

ROUNDS = Settings(label_rounds=1_000)


async def turns_of_a_label(labels: AbstractAsyncContextManager[Render]) -> tuple[str, int]:
    """A label, and how often the loop did something else until it was there."""
    turns: list[int] = []
    async with labels as rendered:
        asyncio.get_running_loop().call_soon(turns.append, 1)
        return await rendered(Parcel(1200)), len(turns)


def test_only_processes_leave_the_loop_to_others() -> None:
    label = render(Parcel(1200), 1_000)
    assert asyncio.run(turns_of_a_label(labels_on_the_loop(ROUNDS))) == (label, 0)
    assert asyncio.run(turns_of_a_label(labels_in_warm_processes(ROUNDS))) == (label, 1)


def test_a_request_for_labels_comes_now_and_then() -> None:
    paths = [mostly_quotes(number).path for number in range(2 * EVERY)]
    assert sum(path.startswith(f"/labels?count={LABELS}") for path in paths) == 2
    assert sum(path.startswith("/quote?") for path in paths) == 2 * EVERY - 2


def test_times_are_those_of_quotes_that_were_answered() -> None:
    outcome = Outcome(
        latencies=[0.5, 0.1],
        bodies=[(Request("/labels"), 200, []), (Request("/quote"), 503, {}), (Request("/quote"), 200, {})],
    )
    assert of_quotes(outcome, Carriers([])) == {"p50": 100.0, "p99": 100.0}


def test_the_load_is_small_enough_to_be_measured_on_every_interpreter() -> None:
    assert CHANGE.load.count / CHANGE.load.rate <= 3
