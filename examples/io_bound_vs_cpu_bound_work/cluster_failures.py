"""What a cluster does when a worker dies, a result is dropped, or an argument is large: one scene for each name."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
import signal
import sys
import time
import warnings

import dask
from dask.typing import Key
from distributed import Client, KilledWorker, Scheduler, fire_and_forget

from .beyond_one_machine import local_cluster, rank
from .carrier_desk import Desk, book


# region lost
def lost() -> None:
    """Kill the worker that books a parcel."""
    with Desk() as desk, local_cluster(2) as client:
        port = desk.port
        future = client.submit(book, port, "order 7", pure=False)
        first = desk.take()
        os.kill(first.pid, signal.SIGKILL)  # as if its machine died
        first.line.close()
        second = desk.take()
        second.answer("label 2")
        print("the client got:", future.result(timeout=60))
    print("by another process:", second.pid != first.pid)
    calls = [first.order, second.order]
    print("labels, one for each call:", len(calls))
    print("labels, one for each order:", len(set(calls)))


# endregion lost


# region killed
def crash(order: str) -> None:
    """Stands for C code that ends its process."""
    os._exit(1)


def killed() -> None:
    """Run a task that takes its worker down with it."""
    setting = {"distributed.scheduler.allowed-failures": 1}
    with dask.config.set(setting), local_cluster(2) as client:
        try:
            client.submit(crash, "order 7").result(timeout=60)
        except KilledWorker as error:
            print(type(error).__name__, error, sep=": ")


# endregion killed


# region dropped
def names(dask_scheduler: Scheduler) -> set[Key]:
    """On the scheduler: the tasks that it knows."""
    return set(dask_scheduler.tasks)


def until(client: Client, tasks: set[str]) -> list[str]:
    """Ask until the scheduler knows these tasks, no others."""
    end = time.monotonic() + 60
    while client.run_on_scheduler(names) != tasks:
        if time.monotonic() > end:
            raise TimeoutError
    return sorted(tasks)


def dropped() -> None:
    """Let go of the futures of a waiting and a running call."""
    with Desk() as desk, local_cluster(1) as client:
        first = client.submit(book, desk.port, "first", key="first")
        call = desk.take()  # so the only worker is inside book()
        second = client.submit(rank, (3, 9), key="second")
        third = client.submit(rank, (3, 9), key="third")
        print("held: ", until(client, {"first", "second", "third"}))
        fire_and_forget(third)
        del second, third  # the scheduler keeps what is wanted
        print("known:", until(client, {"first", "third"}))
        del first  # whose call is running
        print("known:", until(client, {"third"}))
        print("first:", call.answer("label 1"))
        print("known:", until(client, set()))


# endregion dropped


# region large
def large() -> None:
    """Send a rate table of 12 MB with a call, then once for all."""
    rates = bytes(12_000_000)
    with (
        local_cluster(1) as client,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        client.submit(len, rates).result(timeout=60)
        print(str(caught[0].message).partition("\n")[0])
        caught.clear()
        shared = client.scatter(rates)
        calls = client.map(len, [shared] * 8, pure=False)
        print({future.result(timeout=60) for future in calls})
        print("warnings:", len(caught))


# endregion large

SCENES = {"lost": lost, "killed": killed, "dropped": dropped, "large": large}

if __name__ == "__main__":
    SCENES[sys.argv[1]]()
