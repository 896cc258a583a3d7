"""One function run by a task, a thread, a subinterpreter and a process: where it runs, and whose rates it changes."""

from __future__ import annotations

# region models
import asyncio
import sys
from concurrent.futures import ProcessPoolExecutor as Processes
from concurrent.futures import ThreadPoolExecutor as Threads
from multiprocessing import get_context
from os import getpid
from threading import get_ident

rates = {"swift": 990}


def reprice() -> tuple[int, int]:
    """Change a rate; tell the process and the thread."""
    rates["swift"] = 1
    return getpid(), get_ident()


async def in_task() -> tuple[int, int]:
    return reprice()


async def start_task() -> tuple[int, int]:
    return await asyncio.create_task(in_task())


def report(model: str, place: tuple[int, int]) -> None:
    """Compare *place* with here, and look at the rates."""
    process = "same" if place[0] == getpid() else "other"
    thread = "same" if place == (getpid(), get_ident()) else "other"
    memory = "shared" if rates["swift"] == 1 else "a copy"
    print(f"{model:14} | {process:7} | {thread:6} | {memory}")
    rates["swift"] = 990


def main() -> None:
    print("model          | process | thread | rates")
    report("task", asyncio.run(start_task()))
    with Threads() as pool:
        report("thread", pool.submit(reprice).result())
    if sys.version_info >= (3, 14):
        from concurrent import interpreters

        other = interpreters.create()
        report("subinterpreter", other.call(reprice))
        other.close()
    with Processes(1, mp_context=get_context("spawn")) as workers:
        report("process", workers.submit(reprice).result())


if __name__ == "__main__":
    main()
# endregion models
