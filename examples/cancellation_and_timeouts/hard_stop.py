"""Run a function in a process of its own, and kill the process when its time is up."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


# region run
def _work(
    results: Connection,
    func: Callable[..., Any],
    args: tuple[Any, ...],
) -> None:
    """In the child: send what *func* returns or raises."""
    try:
        outcome = (True, func(*args))
    except Exception as error:
        outcome = (False, error)
    results.send(outcome)


def run_with_deadline(
    func: Callable[[*Ts], T],
    *args: *Ts,
    deadline: float,
    start_method: str | None = None,
) -> T:
    """Return ``func(*args)``, computed in a child process.

    The child is killed after *deadline* seconds, in which its
    interpreter must also start: allow a second for that.
    *func* must be importable by name, and the arguments and the
    result picklable.
    """
    context = multiprocessing.get_context(start_method)
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(  # type: ignore[attr-defined]
        target=_work,
        args=(sender, func, args),
        daemon=True,  # no children of its own, which a kill would orphan
    )
    with receiver:
        with sender:  # closed here, so the child's death is an end of file
            child.start()
        try:
            if not receiver.poll(deadline):
                raise TimeoutError(f"{func.__name__} killed after {deadline} s")
            done, value = receiver.recv()
        except EOFError:
            child.join()
            code = child.exitcode
            raise RuntimeError(f"{func.__name__} died, exit code {code}") from None
        finally:
            child.kill()
            child.join()
            child.close()
    if done:
        return value  # type: ignore[no-any-return]
    raise value


# endregion run


# region jobs
def price(grams: int) -> int:
    """Price a parcel; quick."""
    return 420 * -(-grams // 1000)


def pack() -> None:
    """Search for the best packing for a minute, without a pause."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        pass


def ask_forever(port: int) -> str:
    """Call a carrier that accepts the connection and never answers."""
    with socket.create_connection(("127.0.0.1", port)) as carrier:
        carrier.recv(1)
    return "call ended"


# endregion jobs


# region pool
def kill_workers(pool: ProcessPoolExecutor) -> None:
    """Kill the workers of *pool*, and with them the calls that they run."""
    if sys.version_info >= (3, 14):
        pool.kill_workers()
    else:
        workers = list(pool._processes.values())  # private
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.kill()


def stop_pool(stop: Callable[[ProcessPoolExecutor], None]) -> None:
    """Print what *stop* does to a running and to a queued call."""
    with socket.create_server(("127.0.0.1", 0)) as carrier:
        carrier.settimeout(100)
        port: int = carrier.getsockname()[1]
        spawn = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(1, mp_context=spawn)
        running = pool.submit(ask_forever, port)
        connection, _ = carrier.accept()  # so the worker is in its call
        with connection:  # its end lets a call that still runs return
            connection.settimeout(100)
            queued = [pool.submit(price, 2500) for _ in range(5)]
            print("  running.cancel():", running.cancel())
            stop(pool)
            try:
                queued[-1].result(timeout=100)
            except concurrent.futures.CancelledError:
                print("  queued: cancelled")
            if stop is kill_workers:
                # b"" is an end of file: the process that called is gone
                print("  carrier sees:", connection.recv(1))
            else:
                print("  running.done():", running.done())
        error = running.exception(timeout=100)
        print("  running:", type(error).__name__ if error else running.result())


# endregion pool


# region main
def main() -> None:
    """Show one job in time, one over its deadline, and a pool stopped in two ways."""
    print(run_with_deadline(price, 2500, deadline=100))
    try:
        run_with_deadline(pack, deadline=0.5)
    except TimeoutError as error:
        print("TimeoutError:", error)
    print("shutdown(wait=False, cancel_futures=True)")
    stop_pool(lambda pool: pool.shutdown(wait=False, cancel_futures=True))
    print("kill_workers")
    stop_pool(kill_workers)


# endregion main


if __name__ == "__main__":
    main()
