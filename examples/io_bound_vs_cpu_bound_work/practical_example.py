"""Labels are rendered on the event loop, where all other requests wait for them, or in processes beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from examples.quotes import Parcel
from examples.quotes.carrier_servers import Carriers
from examples.quotes.experiment import Change, Figures, main
from examples.quotes.labels import render
from examples.quotes.load import Load, Outcome, Request, quotes
from examples.quotes.parts import Parts, Render, Settings, labels_in_processes

LABELS = 5  # of one order
EVERY = 20  # one request in so many is for the labels of an order


# region before
@contextlib.asynccontextmanager
async def labels_on_the_loop(settings: Settings) -> AsyncIterator[Render]:
    """Render where it is asked for: in the loop's thread."""

    async def rendered(parcel: Parcel) -> str:
        return render(parcel, settings.label_rounds)

    yield rendered


# endregion before


# region after
@contextlib.asynccontextmanager
async def labels_in_warm_processes(
    settings: Settings,
) -> AsyncIterator[Render]:
    """Two processes, started before the first customer comes."""
    async with labels_in_processes(settings) as rendered:
        await asyncio.gather(rendered(Parcel(1)), rendered(Parcel(2)))
        yield rendered


# endregion after


# region load
def mostly_quotes(number: int) -> Request:
    """Request *number*: a price, and now and then labels."""
    if number % EVERY == EVERY // 2:
        return Request(f"/labels?count={LABELS}&grams=1200")
    return quotes(number)


def of_quotes(outcome: Outcome, carriers: Carriers) -> Figures:
    """Times of the quotes alone: labels take as long as they take."""
    succeeded = [each for each in outcome.bodies if 200 <= each[1] < 300]
    told = Outcome(
        latencies=[
            seconds
            for (request, _, _), seconds in zip(succeeded, outcome.latencies, strict=True)
            if request.path.startswith("/quote")
        ]
    )
    return {"p50": told.figures()["p50"], "p99": told.figures()["p99"]}


# endregion load


# region change
CHANGE = Change(
    name="labels leave the loop",
    before=Parts(labels=labels_on_the_loop),
    after=Parts(labels=labels_in_warm_processes),
    settings=Settings(label_rounds=300_000),
    load=Load(mostly_quotes, count=100, rate=40),
    rows=("sent", "answered", "failed", "lag", "p50", "p99"),
    meanings={
        "p50": "half of the quotes within",
        "p99": "99 % of the quotes within",
    },
    more=of_quotes,
)
# endregion change

if __name__ == "__main__":
    main(CHANGE)
