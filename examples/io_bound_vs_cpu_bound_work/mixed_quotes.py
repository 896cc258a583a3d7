"""One event loop that waits, calls a blocking client, and computes: each kind of work in its place."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor

from examples.quotes import STEADY, SWIFT, Parcel, Quote


# region pack
def pack(weights: list[int], limit: int = 20_000) -> int:
    """How many boxes first-fit needs: computes in Python."""
    room: list[int] = []
    for weight in weights:
        for number, left in enumerate(room):
            if weight <= left:
                room[number] -= weight
                break
        else:
            room.append(limit - weight)
    return len(room)


# endregion pack


# region offload
async def checkout(processes: Executor) -> tuple[list[Quote], int]:
    """Ask two carriers and pack the order, all at once."""
    loop = asyncio.get_running_loop()
    parcel = Parcel(grams=1200)
    order = [each * 37 % 5_000 + 1 for each in range(2_000)]
    quotes = await asyncio.gather(
        SWIFT.quote(parcel),  # waits: in the loop
        asyncio.to_thread(STEADY.quote_blocking, parcel),
        loop.run_in_executor(processes, pack, order),  # computes
    )
    return sorted(quotes[:2]), quotes[2]


def main() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as processes:
        processes.submit(pack, []).result()  # starts the worker
        quotes, boxes = asyncio.run(checkout(processes))
    for quote in quotes:
        print(f"{quote.carrier}: {quote.cents} cents")
    print(f"{boxes} boxes")


if __name__ == "__main__":
    main()
# endregion offload
