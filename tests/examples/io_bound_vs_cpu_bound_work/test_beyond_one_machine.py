"""The same ranking on threads, processes and a cluster; nothing of a cluster outlives its block."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from examples.io_bound_vs_cpu_bound_work.beyond_one_machine import LOADS, local_cluster, main, rank, rank_all, rank_one

# Threads that distributed keeps for the life of a process; daemons, which hold up no exit.
KEPT = ("Dask-Offload", "Profile", "Dask-Callback")


def test_rank_finds_a_shortest_round() -> None:
    """From the depot at 0, the stops in order of distance."""
    assert rank((40, 7, 31, 18)) == ((7, 18, 31, 40), os.getpid())


def test_a_cluster_ranks_as_threads_do_and_leaves_nothing() -> None:
    """The answers are the same; the worker is another process, listens on 127.0.0.1 only, and is gone at the end."""
    before = set(threading.enumerate())
    with ThreadPoolExecutor(2) as threads:
        here = rank_all(threads)
    with local_cluster(1) as client:
        there = rank_all(client.get_executor(pure=False))
        (worker,) = client.run(os.getpid).values()
        info = client.scheduler_info()
        addresses = [info["address"], *info["workers"], client.dashboard_link]
    assert [route for route, _ in here] == [route for route, _ in there]
    assert {pid for _, pid in here} == {os.getpid()}
    assert {pid for _, pid in there} == {worker} != {os.getpid()}
    assert [urlsplit(address).hostname for address in addresses] == ["127.0.0.1"] * 3
    assert urlsplit(addresses[2]).port != 8787
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert multiprocessing.active_children() == []
    left = [thread for thread in threading.enumerate() if thread not in before]
    ending = [thread for thread in left if not (thread.daemon and thread.name.startswith(KEPT))]
    for thread in ending:
        thread.join(60)  # the one that watched the worker's process may be at its last line
    assert [thread.name for thread in ending if thread.is_alive()] == []


def test_a_coroutine_waits_for_one() -> None:
    """Any executor will do; the loop's thread only waits."""
    with ThreadPoolExecutor(1) as threads:
        assert asyncio.run(rank_one(threads, (9, 4))) == (4, 9)


def test_main(capsys: pytest.CaptureFixture[str]) -> None:
    """The program prints what the page shows."""
    routes = "(7, 18, 31, 40) (3, 12, 55, 90) (2, 9, 66, 71)"
    main()
    assert capsys.readouterr().out.splitlines() == [
        f"threads   this process {routes}",
        f"processes elsewhere    {routes}",
        f"cluster   elsewhere    {routes}",
        "awaited   (4, 9)",
        "children left: []",
    ]
    assert len(LOADS) == 3
