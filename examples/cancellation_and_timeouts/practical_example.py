"""A carrier hangs: asked in turn, each with a timeout and a retry of its own, or all at once under one deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from examples.quotes import CarrierError, Parcel, Quote
from examples.quotes.carrier_servers import STEADY, SWIFT, Carriers, LocalCarrier
from examples.quotes.client import CarrierClient
from examples.quotes.deadline import Deadline
from examples.quotes.experiment import Change, Figures, main
from examples.quotes.load import Load, Outcome
from examples.quotes.parts import Gathered, Parts, Settings

EACH = 1.0  # seconds for each try of each carrier


# region before
async def gather_in_turn(
    client: CarrierClient,
    carriers: Sequence[str],
    parcel: Parcel,
    deadline: Deadline,  # not looked at
) -> Gathered:
    """Ask one after the other, each with its timeout and a retry."""
    quotes, failures = list[Quote](), dict[str, str]()
    for carrier in carriers:
        for _ in range(2):
            try:
                async with asyncio.timeout(EACH):
                    quotes.append(await client.quote(carrier, parcel))
                break
            except (CarrierError, TimeoutError) as error:
                failures[carrier] = str(error) or "timed out"
    return Gathered(tuple(quotes), failures)


# endregion before


def of_the_dead(outcome: Outcome, carriers: Carriers) -> Figures:
    """What the carrier that hangs has seen."""
    return {"dead_calls": carriers["dead"].calls}


# region change
CHANGE = Change(
    name="one deadline for the request",
    before=Parts(gather=gather_in_turn),
    after=Parts(),
    settings=Settings(
        carriers=("swift", "dead", "steady"),
        deadline=0.5,
        rate_seconds=0,  # no rate is kept
    ),
    carriers=(SWIFT, LocalCarrier("dead", hangs=True), STEADY),
    load=Load(count=15, rate=10),
    rows=("sent", "answered", "failed", "dead_calls", "p50", "p99"),
    meanings={"dead_calls": "calls of the carrier that hangs"},
    more=of_the_dead,
)
# endregion change

if __name__ == "__main__":
    main(CHANGE)
