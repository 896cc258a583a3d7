"""Where a cluster's executor keeps another contract than a pool: one scene for each name on the command line."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import concurrent.futures
import multiprocessing
import secrets
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import (
    Executor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)

from dask.typing import Key
from distributed import Client, Scheduler, fire_and_forget

from .beyond_one_machine import local_cluster, rank
from .carrier_desk import Desk, book

Call = Callable[..., object]


# region thread
def one_thread() -> Client:
    """A cluster in this process; its worker is a thread."""
    return Client(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
    )


# endregion thread


# region pure
def draw_label(order: str) -> str:
    """Stands for a call that must happen each time."""
    return secrets.token_hex(4)


def pure() -> None:
    """Count the labels that three equal calls bring."""
    with one_thread() as client:
        for options in {}, {"pure": False}:
            executor = client.get_executor(**options)
            orders = ["order 7"] * 3
            sent = [executor.submit(draw_label, o) for o in orders]
            labels = {future.result(60) for future in sent}
            print(options, "submit:", len(labels), end=" ")
            mapped = set(executor.map(draw_label, orders))
            print("map:", len(mapped))
        sent = executor.submit(dict, order=7, retries=3)
        print("keywords that arrive:", sent.result(60))


# endregion pure


# region cancel
def cancel() -> None:
    """Cancel a call that runs, and see whether it goes on."""
    with (
        Desk() as desk,
        ThreadPoolExecutor(1) as threads,
        one_thread() as client,
    ):
        cluster = client.get_executor(pure=False)
        for executor in threads, cluster:
            future = executor.submit(book, desk.port, "order 7")
            call = desk.take()  # so the worker is inside book()
            print(type(executor).__name__)
            print("  running:", future.running())
            print("  cancel: ", future.cancel())
            print("  worker: ", call.answer("label 1"))
            concurrent.futures.wait([future], timeout=60)
            print("  caller: ", outcome(future))


def outcome(future: concurrent.futures.Future[str]) -> str:
    """What the caller of a finished call gets."""
    return "cancelled" if future.cancelled() else future.result()


# endregion cancel


# region dropped
def names(dask_scheduler: Scheduler) -> set[Key]:
    """On the scheduler: the calls that it knows."""
    return set(dask_scheduler.tasks)


def until(client: Client, calls: set[str]) -> list[str]:
    """Ask until the scheduler knows these calls, no others."""
    end = time.monotonic() + 60
    while client.run_on_scheduler(names) != calls:
        if time.monotonic() > end:
            raise TimeoutError
    return sorted(calls)


def dropped() -> None:
    """Let go of the futures of a waiting and a running call."""
    with (
        Desk() as desk,
        one_thread() as client,
    ):
        first = client.submit(book, desk.port, "first", key="first")
        call = desk.take()  # so the only worker is inside book()
        second = client.submit(rank, (3, 9), key="second")
        third = client.submit(rank, (3, 9), key="third")
        print("known:", until(client, {"first", "second", "third"}))
        fire_and_forget(third)
        del second, third  # the scheduler keeps what is wanted
        print("known:", until(client, {"first", "third"}))
        del first  # whose call is running
        print("known:", until(client, {"third"}))
        print("first:", call.answer("label 1"))
        print("known:", until(client, set()))


# endregion dropped


# region crossing
def price(grams: int) -> int:
    """Fail, as there is no weight."""
    raise ValueError("no weight")


def attempt(
    to: Executor | Client,
    call: Call,
    *args: object,
    patience: float = 60,
) -> str:
    """What comes back, or the error and its innermost frame."""
    try:
        return str(to.submit(call, *args).result(patience))
    except TimeoutError:
        return f"nothing within {patience} s"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        said = error.args[0].partition("\n")[0]
        return f"{type(error).__name__}: {said}, in {frame.name}()"


def crossing() -> None:
    """Send what the pickle module refuses, there and back."""
    context = multiprocessing.get_context("forkserver")
    with (
        local_cluster(1) as client,
        ProcessPoolExecutor(1, mp_context=context) as pool,
    ):
        cluster = client.get_executor(pure=False)
        for to in pool, cluster:
            print(type(to).__name__)
            print("  error: ", attempt(to, price, 0))
            print("  lock:  ", attempt(to, id, threading.Lock()))
        print("  lambda:", attempt(cluster, lambda: 840))
        print("a lock as the result")
        make = threading.Lock
        print("  pool:    ", attempt(pool, make))
        print("  client:  ", attempt(client, make))
        print("  executor:", attempt(cluster, make, patience=1))


# endregion crossing


# region large
def large() -> None:
    """Send a rate table of 12 MB with a call, then once for all."""
    rates = bytes(12_000_000)
    with (
        one_thread() as client,
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

SCENES = {
    "pure": pure,
    "cancel": cancel,
    "dropped": dropped,
    "crossing": crossing,
    "large": large,
}

if __name__ == "__main__":
    for scene in sys.argv[1:]:
        SCENES[scene]()
