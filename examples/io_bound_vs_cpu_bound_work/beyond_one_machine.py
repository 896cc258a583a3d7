"""Rank parcels on any executor: threads, processes, or a Dask cluster."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

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


# endregion rank


# region cluster
@contextmanager
def local_cluster(workers: int = 2) -> Iterator[Client]:
    """A scheduler and *workers* processes on this machine alone."""
    with (
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
    spawn = multiprocessing.get_context("spawn")
    with ThreadPoolExecutor(2) as threads:
        show("threads", threads)
    with ProcessPoolExecutor(2, mp_context=spawn) as processes:
        show("processes", processes)
    with local_cluster() as client:
        show("cluster", client.get_executor(pure=False))
    print("children left:", multiprocessing.active_children())


# endregion main


if __name__ == "__main__":
    main()
