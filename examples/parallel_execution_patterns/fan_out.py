"""One fan-out over carriers in four ways: a task group, gather, a pool of threads and one of processes."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

from examples.quotes import STEADY, SWIFT, Carrier, Parcel, Quote

# region ways
CARRIERS = (STEADY, SWIFT)  # the slower one first


async def by_group(
    carriers: Sequence[Carrier],
    parcel: Parcel,
) -> list[Quote]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(c.quote(parcel)) for c in carriers]
    return [task.result() for task in tasks]


async def by_gather(
    carriers: Sequence[Carrier],
    parcel: Parcel,
) -> list[Quote]:
    return await asyncio.gather(*(c.quote(parcel) for c in carriers))


def ask(parcel: Parcel, carrier: Carrier) -> Quote:
    return carrier.quote_blocking(parcel)  # holds up its worker


def by_pool(
    pool: Executor,
    carriers: Sequence[Carrier],
    parcel: Parcel,
) -> list[Quote]:
    return list(pool.map(partial(ask, parcel), carriers))


# endregion ways


# region main
def main() -> None:
    def show(way: str, quotes: list[Quote]) -> None:
        print(f"{way:9}", {q.carrier: q.cents for q in quotes})

    parcel = Parcel(grams=900)
    show("TaskGroup", asyncio.run(by_group(CARRIERS, parcel)))
    show("gather", asyncio.run(by_gather(CARRIERS, parcel)))
    with ThreadPoolExecutor(len(CARRIERS)) as threads:
        show("threads", by_pool(threads, CARRIERS, parcel))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(CARRIERS), spawn) as processes:
        show("processes", by_pool(processes, CARRIERS, parcel))


if __name__ == "__main__":
    main()
# endregion main
