"""Where a cluster's executor keeps another contract than a pool: one scene for each name on the command line."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import concurrent.futures
import multiprocessing
import secrets
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from .beyond_one_machine import local_cluster
from .carrier_desk import Desk, book

Call = Callable[..., object]


@contextmanager
def pool_and_cluster() -> Iterator[dict[str, Executor]]:
    """A process pool and a cluster, one worker each."""
    spawn = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(1, mp_context=spawn) as pool,
        local_cluster(1) as client,
    ):
        yield {"pool": pool, "cluster": client.get_executor(pure=False)}


# region pure
def draw_label(order: str) -> str:
    """Stands for a call that must happen each time."""
    return secrets.token_hex(4)


def pure() -> None:
    """Count the labels that three equal calls bring."""
    with local_cluster(1) as client:
        for options in {}, {"pure": False}:
            executor = client.get_executor(**options)
            orders = ["order 7"] * 3
            sent = [executor.submit(draw_label, o) for o in orders]
            labels = {future.result(60) for future in sent}
            print(options, "submit:", len(labels), end=" ")
            mapped = set(executor.map(draw_label, orders))
            print("map:", len(mapped))


# endregion pure


# region cancel
def cancel() -> None:
    """Cancel a call that runs, and see whether it goes on."""
    with Desk() as desk, pool_and_cluster() as executors:
        for name, executor in executors.items():
            future = executor.submit(book, desk.port, "order 7")
            call = desk.take()  # so the worker is inside book()
            print(f"{name}: running() {future.running()},", end=" ")
            print(f"cancel() {future.cancel()}")
            try:
                future.result(timeout=0.05)
            except (
                TimeoutError,
                concurrent.futures.CancelledError,
            ) as error:
                print("  caller:", type(error).__name__)
            print("  worker:", call.answer("label 1"))


# endregion cancel


# region pickle
def attempt(to: Executor, call: Call, *args: object) -> str:
    """What comes back, or what is raised."""
    try:
        return str(to.submit(call, *args).result(timeout=60))
    except Exception as error:
        said = str(error.args[0]).partition(" <function")[0]
        return f"{type(error).__name__}: {said}"


def unpicklable() -> None:
    """Send what the pickle module refuses."""
    lock = threading.Lock()
    with pool_and_cluster() as executors:
        for name, executor in executors.items():
            print(name)
            print("  a lambda:", attempt(executor, lambda: 840))
            print("  a lock:  ", attempt(executor, id, lock))


# endregion pickle


# region result
def unpicklable_result() -> None:
    """Bring back what the pickle module refuses."""
    with local_cluster(1) as client:
        executor = client.get_executor(pure=False)
        lost = executor.submit(threading.Lock)
        try:
            client.submit(threading.Lock, pure=False).result(60)
        except TypeError as error:
            print("client:  ", str(error).partition("\n")[0])
        done, _ = concurrent.futures.wait([lost], timeout=1)
        print("executor:", "done" if done else "never done")


# endregion result


# region error
def price(grams: int) -> int:
    """Fail for a parcel without weight."""
    return 990 // grams


def error() -> None:
    """Look for the worker's frame in the caller's traceback."""
    with pool_and_cluster() as executors:
        for name, executor in executors.items():
            try:
                executor.submit(price, 0).result(60)
            except ZeroDivisionError as error:
                stack = traceback.extract_tb(error.__traceback__)
                seen = "price" in [frame.name for frame in stack]
                cause = type(error.__cause__).__name__
                print(f"{name}: price() in the traceback: {seen}")
                print("  cause:", cause)


# endregion error

SCENES = {
    "pure": pure,
    "cancel": cancel,
    "unpicklable": unpicklable,
    "unpicklable-result": unpicklable_result,
    "error": error,
}

if __name__ == "__main__":
    SCENES[sys.argv[1]]()
