"""The same ranking on threads, processes and a cluster; nothing of a cluster outlives its block."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from examples.io_bound_vs_cpu_bound_work.beyond_one_machine import LOADS, local_cluster, main, rank, rank_all

# Threads that distributed keeps for the life of a process; daemons, which hold up no exit.
KEPT = ("Dask-Offload", "Profile", "Dask-Callback")


def test_rank_finds_a_shortest_round() -> None:
    """From the depot at 0, the stops in order of distance."""
    assert rank((40, 7, 31, 18)) == ((7, 18, 31, 40), os.getpid())


def test_a_cluster_ranks_as_threads_do() -> None:
    """The answers are the same; the processes are the cluster's."""
    with ThreadPoolExecutor(2) as threads:
        here = rank_all(threads)
    with local_cluster(1) as client:
        there = rank_all(client.get_executor(pure=False))
    assert [route for route, _ in here] == [route for route, _ in there]
    assert {pid for _, pid in here} == {os.getpid()}
    assert os.getpid() not in {pid for _, pid in there}


def test_a_cluster_listens_on_this_machine_only() -> None:
    """The scheduler, its web server and the workers are on 127.0.0.1; the web server is not on the well-known port."""
    with local_cluster(1) as client:
        info = client.scheduler_info()
        addresses = [info["address"], *info["workers"], client.dashboard_link]
    assert [urlsplit(address).hostname for address in addresses] == ["127.0.0.1"] * 3
    assert urlsplit(addresses[2]).port != 8787


def test_nothing_is_left() -> None:
    """No worker, and no thread but those that distributed keeps for the next cluster."""
    before = set(threading.enumerate())
    with local_cluster(1) as client:
        (worker,) = client.run(os.getpid).values()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert multiprocessing.active_children() == []
    left = [thread for thread in threading.enumerate() if thread not in before]
    assert [thread.name for thread in left if not (thread.daemon and thread.name.startswith(KEPT))] == []


def test_main(capsys: pytest.CaptureFixture[str]) -> None:
    """The program prints what the page shows."""
    routes = "(7, 18, 31, 40) (3, 12, 55, 90) (2, 9, 66, 71)"
    main()
    assert capsys.readouterr().out.splitlines() == [
        f"threads   this process {routes}",
        f"processes elsewhere    {routes}",
        f"cluster   elsewhere    {routes}",
        "children left: []",
    ]
    assert len(LOADS) == 3
