"""What a cluster does when a worker dies: its calls run again, and the one that kills its workers is given up."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
import signal

import dask
from distributed import Client, KilledWorker

from .beyond_one_machine import local_cluster
from .carrier_desk import Desk, book


# region lost
def lost(client: Client) -> None:
    """Kill the worker that books a parcel."""
    printed: dict[str, str] = {}  # by the carrier, for each order

    def label(order: str) -> str:
        number = len(printed) + 1
        return printed.setdefault(order, f"label {number}")

    with Desk() as desk:
        port = desk.port
        future = client.submit(book, port, "order 7", pure=False)
        first = desk.take()
        label(first.order)  # printed, and not yet reported
        os.kill(first.pid, signal.SIGKILL)  # as if its machine died
        first.line.close()
        second = desk.take()
        print("called again, by another:", second.pid != first.pid)
        second.answer(label(second.order))
        print("the client got:", future.result(timeout=60))
    print("labels printed:", len(printed))


# endregion lost


# region killed
def crash(order: str) -> None:
    """Stands for C code that ends its process."""
    os._exit(1)


def killed(client: Client) -> None:
    """Run a call that takes its worker down with it."""
    try:
        client.submit(crash, "order 7").result(timeout=60)
    except KilledWorker as error:
        print(type(error).__name__, error, sep=": ")
    client.wait_for_workers(1, timeout=60)  # the next one is up


# endregion killed


# region main
def main() -> None:
    """Lose a worker, then all that are given one call."""
    setting = {"distributed.scheduler.allowed-failures": 1}
    with dask.config.set(setting), local_cluster(1) as client:
        lost(client)
        killed(client)


# endregion main

if __name__ == "__main__":
    main()
