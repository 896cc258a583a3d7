"""What a process pool runs: set-up of a worker, and a job that tells which worker did it."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

# region worker
rates: dict[str, int] = {}
loads: list[int] = []


def load(cents: int) -> None:
    """Set up a worker: runs once in each, before its jobs."""
    rates.update(swift=cents, steady=cents - 150)
    loads.append(os.getpid())


def price(carrier: str) -> tuple[int, list[int]]:
    """A price from the worker's own rates, and who loaded them."""
    return rates[carrier], loads


# endregion worker


# region main
def main() -> None:
    """Three jobs for one worker, then for workers of two jobs."""
    spawn = multiprocessing.get_context("spawn")
    for limit in (None, 2):
        with ProcessPoolExecutor(
            1,
            mp_context=spawn,
            initializer=load,
            initargs=(990,),
            max_tasks_per_child=limit,
        ) as pool:
            carriers = ("swift", "steady", "swift")
            done = [pool.submit(price, it).result(60) for it in carriers]
        prices = [cents for cents, _ in done]
        workers = {pid for _, (pid,) in done}  # each loaded once
        print(f"{limit}: {prices} from {len(workers)} worker(s)")
    print("in the parent:", rates)


# endregion main


if __name__ == "__main__":
    main()
