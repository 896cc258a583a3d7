"""What one coroutine, task, future, thread, process or interpreter costs: time to run, memory while it waits.

``python -m examples.task_thread_and_valuetask.costs`` prints a line for each kind, with ``--json`` one JSON object.
Each kind is measured in a process of its own, so that no other has warmed its caches or grown its heap.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypedDict

from examples.task_thread_and_valuetask.workers import nothing, wait

ROUNDS = 5
"""The time of a kind is the best of so many rounds."""


class Row(TypedDict):
    """The costs of one kind; memory is None where it cannot be read."""

    microseconds: float
    bytes: int | None


async def nothing_async() -> None:
    """The work of a coroutine: none, not even a suspension."""


def call(times: int) -> None:
    for _ in range(times):
        nothing()


async def coroutine(times: int) -> None:
    for _ in range(times):
        await nothing_async()


async def task(times: int) -> None:
    for _ in range(times):
        await asyncio.create_task(nothing_async())


async def asyncio_future(times: int) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(times):
        future = loop.create_future()
        future.set_result(None)
        await future


def concurrent_future(times: int) -> None:
    for _ in range(times):
        future: Future[None] = Future()
        future.set_result(None)
        future.result()


def pool_job(times: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        for _ in range(times):
            pool.submit(nothing).result()


def thread(times: int) -> None:
    for _ in range(times):
        one = threading.Thread(target=nothing)
        one.start()
        one.join()


def process(method: str, times: int, target: Any = nothing) -> None:
    context: Any = multiprocessing.get_context(method)
    for _ in range(times):
        one = context.Process(target=target)
        one.start()
        one.join()


def interpreter(times: int) -> None:
    interpreters = importlib.import_module("concurrent.interpreters")
    for _ in range(times):
        one = interpreters.create()
        one.call(nothing)
        one.close()


def import_asyncio() -> None:
    """Run in a child that imports this module first, and with it asyncio."""


def fork(times: int) -> None:
    process("fork", times)


def forkserver(times: int) -> None:
    process("forkserver", times)


def spawn(times: int) -> None:
    process("spawn", times)


def spawn_with_asyncio(times: int) -> None:
    process("spawn", times, target=import_asyncio)


def private_memory(pid: str = "self") -> int:
    """The bytes of main memory that belong to process *pid* alone."""
    private = 0
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        for line in lines:
            if line.startswith(("Private_Clean:", "Private_Dirty:")):
                private += int(line.split()[1]) * 1024
    return private


def growth(count: int, make: Callable[[], Any]) -> int:
    """The bytes that each of *count* things made by *make* needs, as long as they are kept."""
    gc.collect()
    before = private_memory()
    kept = [make() for _ in range(count)]
    return (private_memory() - before) // len(kept)


def waiting_coroutine() -> int:
    coroutines: list[Any] = []

    def make() -> None:
        coroutines.append(waits_for_future())
        coroutines[-1].send(None)

    each = growth(50_000, make)
    for one in coroutines:
        one.close()
    return each


async def waits_for_future() -> None:
    await Suspend()


class Suspend:
    """What suspends its coroutine for good."""

    def __await__(self) -> Generator[None, None, None]:
        yield


async def waiting_task() -> int:
    before, event = private_memory(), asyncio.Event()
    tasks = [asyncio.create_task(wait_for(event)) for _ in range(50_000)]
    await asyncio.sleep(0)  # each runs until it waits
    each = (private_memory() - before) // len(tasks)
    event.set()
    await asyncio.gather(*tasks)
    return each


async def wait_for(event: asyncio.Event) -> None:
    await event.wait()


async def waiting_asyncio_future() -> int:
    return growth(100_000, asyncio.get_running_loop().create_future)


def waiting_concurrent_future() -> int:
    return growth(100_000, Future)


def waiting_thread() -> int:
    go = threading.Event()
    threads: list[threading.Thread] = []

    def make() -> None:
        threads.append(threading.Thread(target=go.wait))
        threads[-1].start()

    each = growth(300, make)
    go.set()
    for one in threads:
        one.join()
    return each


def waiting_process(method: str) -> int:
    context: Any = multiprocessing.get_context(method)
    ready, go = context.Event(), context.Event()
    one = context.Process(target=wait, args=(ready, go))
    one.start()
    ready.wait()
    each = private_memory(str(one.pid))
    go.set()
    one.join()
    return each


def waiting_interpreter() -> int:
    interpreters = importlib.import_module("concurrent.interpreters")
    interpreters.create().close()  # what the first one loads is shared
    kept: list[Any] = []

    def make() -> None:
        kept.append(interpreters.create())
        kept[-1].exec("pass")

    each = growth(10, make)
    for one in kept:
        one.close()
    return each


KINDS: dict[str, tuple[int, Callable[[int], Any], Callable[[], Any] | None]] = {
    "function call": (100_000, call, None),
    "coroutine, awaited": (100_000, coroutine, waiting_coroutine),
    "asyncio.Task": (10_000, task, waiting_task),
    "asyncio.Future": (20_000, asyncio_future, waiting_asyncio_future),
    "concurrent.futures.Future": (10_000, concurrent_future, waiting_concurrent_future),
    "job of a warm thread pool": (2_000, pool_job, None),
    "threading.Thread": (500, thread, waiting_thread),
    "process, fork": (20, fork, lambda: waiting_process("fork")),
    "process, forkserver": (10, forkserver, lambda: waiting_process("forkserver")),
    "process, spawn": (5, spawn, lambda: waiting_process("spawn")),
    "the same, importing asyncio": (3, spawn_with_asyncio, None),
    "subinterpreter": (10, interpreter, waiting_interpreter),
}
"""For each kind: how many a round starts and ends, what does so, and what reads its memory."""


def run(function: Callable[..., Any], *args: int) -> Any:
    """Call *function*, in a loop of its own if it is a coroutine function."""
    result = function(*args)
    return asyncio.run(result) if asyncio.iscoroutine(result) else result


def measure(kind: str) -> Row | None:
    """The costs of *kind* in this process; None if this interpreter does not have it."""
    times, timed, waiting = KINDS[kind]
    memory: int | None = None
    try:
        if waiting is not None:
            with contextlib.suppress(OSError):
                memory = run(waiting)
        run(timed, max(1, times // 10))  # a forkserver, a warm cache
        rounds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            run(timed, times)
            rounds.append(time.perf_counter() - start)
    except (ImportError, ValueError):  # no such module, no such start method
        return None
    return {"microseconds": round(min(rounds) / times * 1e6, 3), "bytes": memory}


def in_child(kind: str, environment: dict[str, str]) -> Row | None:
    """The costs of *kind* in a process of its own."""
    # Not "-m": a child that is spawned imports the main module of its parent, and here there is none.
    program = "from examples.task_thread_and_valuetask.costs import main; main()"
    command = [sys.executable, "-c", program, "--kind", kind]
    row: Row | None = json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)
    return row


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--kind", choices=KINDS, help="measure this kind only, in this process")
    options = parser.parse_args(argv)
    if options.kind:
        print(json.dumps(measure(options.kind)))
        return
    rows: dict[str, Row | None] = {}
    with tempfile.TemporaryDirectory() as bytecode:
        # A child that finds no compiled modules compiles them, and is timed doing so.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for kind in KINDS:
            row = rows[kind] = in_child(kind, environment)
            if not options.json:
                print(f"{kind:28}", f"{row['microseconds']:12.3f} µs {row['bytes'] or '':>10}" if row else "not here")
    if options.json:
        build = "free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else "gil"
        print(json.dumps({"version": platform.python_version(), "build": build, "rows": rows}))


if __name__ == "__main__":
    main()
