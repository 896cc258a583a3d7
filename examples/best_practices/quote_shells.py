"""Two shells around one core: the same decisions, asked for with tasks and with threads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor, wait

from examples.best_practices.quote_core import best, worth_asking
from examples.quotes import Carrier, CarrierError, Parcel, Quote


# region shells
async def shop_async(
    carriers: Mapping[str, Carrier],
    parcel: Parcel,
    budget: float,
) -> Quote | None:
    """Ask with tasks; what is late is cancelled."""
    usual = {name: c.delay for name, c in carriers.items()}
    answers: list[Quote | Exception] = []

    async def ask(carrier: Carrier) -> None:
        try:
            answers.append(await carrier.quote(parcel))
        except CarrierError as error:
            answers.append(error)

    try:
        async with asyncio.timeout(budget), asyncio.TaskGroup() as group:
            for name in worth_asking(usual, budget):
                group.create_task(ask(carriers[name]))
    except TimeoutError:
        pass  # decide on what has come
    return best(answers, most_cents=2000)


def shop_threads(
    pool: Executor,
    carriers: Mapping[str, Carrier],
    parcel: Parcel,
    budget: float,
) -> Quote | None:
    """Ask with threads; what is late and has begun runs on."""
    usual = {name: c.delay for name, c in carriers.items()}

    def ask(carrier: Carrier) -> Quote | Exception:
        try:
            return carrier.quote_blocking(parcel)
        except CarrierError as error:
            return error

    names = worth_asking(usual, budget)
    calls = [pool.submit(ask, carriers[name]) for name in names]
    in_time, late = wait(calls, timeout=budget)
    for call in late:
        call.cancel()  # unless it has begun
    answers = (call.result() for call in in_time)
    return best(answers, most_cents=2000)


# endregion shells
