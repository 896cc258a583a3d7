"""A price list of 200 parcels: a call for each at once, most of which the carrier refuses, or 20 workers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from examples.quotes import CarrierError, Parcel, Quote
from examples.quotes.carrier_servers import Carriers, LocalCarrier
from examples.quotes.experiment import Change, Figures, main
from examples.quotes.load import Load, Outcome, Request
from examples.quotes.parts import Ask, Parts, Settings, batch_of_workers

PARCELS = 200


# region before
async def batch_of_tasks(ask: Ask, parcels: Sequence[Parcel], at_once: int) -> list[Quote | CarrierError]:
    """Ask for all of them now; *at_once* is not looked at."""

    async def asked(parcel: Parcel) -> Quote | CarrierError:
        try:
            return await ask(parcel)
        except CarrierError as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(asked(each)) for each in parcels]
    return [task.result() for task in tasks]


# endregion before


# region load
def price_list(number: int, parcels: int = PARCELS) -> Request:
    """The prices of so many *parcels*, from one carrier."""
    weights = [{"grams": 100 * each} for each in range(1, parcels + 1)]
    return Request("/quotes", "POST", json={"carrier": "steady", "parcels": weights})


def of_the_list(outcome: Outcome, carriers: Carriers) -> Figures:
    """How many parcels have a price, in all lists together."""
    lists = [body for _, status, body in outcome.bodies if status == 200]
    return {"priced": sum("cents" in each for prices in lists for each in prices)}


# endregion load


# region change
CHANGE = Change(
    name="20 workers for a price list",
    before=Parts(batch=batch_of_tasks),
    after=Parts(batch=batch_of_workers),
    settings=Settings(carriers=("steady",), batch_at_once=20),
    carriers=[LocalCarrier("steady", delay=0.2, cents=840, limit=20)],
    load=Load(price_list, count=1),
    rows=("priced", "calls", "carrier_refused", "slowest"),
    meanings={"priced": "parcels with a price", "slowest": "the list took"},
    more=of_the_list,
)
# endregion change

if __name__ == "__main__":
    main(CHANGE)
