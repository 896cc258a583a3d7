"""Rank parcels on any executor: threads, processes, or a Dask cluster."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import (
    Executor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager
from itertools import pairwise, permutations

import dask
from distributed import Client, LocalCluster

Stops = tuple[int, ...]
LOADS: list[Stops] = [(40, 7, 31, 18), (3, 90, 12, 55), (66, 2, 71, 9)]


# region rank
def rank(stops: Stops) -> tuple[Stops, int]:
    """Find the shortest round, and say which process did it."""

    def length(route: Stops) -> int:
        return sum(abs(b - a) for a, b in pairwise((0, *route)))

    return min(permutations(stops), key=length), os.getpid()


def rank_all(executor: Executor) -> list[tuple[Stops, int]]:
    """Rank all loads; who computes is up to the caller."""
    futures = [executor.submit(rank, load) for load in LOADS]
    return [future.result(timeout=60) for future in futures]


async def rank_one(executor: Executor, load: Stops) -> Stops:
    """Wait for one of them in an event loop."""
    loop = asyncio.get_running_loop()
    route, _ = await loop.run_in_executor(executor, rank, load)
    return route


# endregion rank


# region cluster
START = {"distributed.worker.multiprocessing-method": "forkserver"}


@contextmanager
def local_cluster(workers: int) -> Iterator[Client]:
    """A scheduler and *workers* processes on this machine alone."""
    with (
        dask.config.set(START),  # Windows has spawn only
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


# endregion cluster


# region main
def show(name: str, executor: Executor) -> None:
    """Print what *executor* finds, and where it was found."""
    ranked = rank_all(executor)
    here = {pid for _, pid in ranked} == {os.getpid()}
    where = "this process" if here else "elsewhere"
    print(f"{name:9} {where:12}", *(route for route, _ in ranked))


def main() -> None:
    """Give the same function three executors."""
    context = multiprocessing.get_context("forkserver")
    with (
        local_cluster(2) as client,
        ProcessPoolExecutor(2, mp_context=context) as processes,
        ThreadPoolExecutor(2) as threads,
    ):
        cluster = client.get_executor(pure=False)
        show("threads", threads)
        show("processes", processes)
        show("cluster", cluster)
        print("awaited  ", asyncio.run(rank_one(cluster, (9, 4))))
    print("children left:", multiprocessing.active_children())


# endregion main


if __name__ == "__main__":
    main()
