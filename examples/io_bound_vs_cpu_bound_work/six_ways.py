"""The same work in each way that this interpreter has: same answers, different times.

``python -m examples.io_bound_vs_cpu_bound_work.six_ways`` checks the answers; ``--json`` measures.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from examples.io_bound_vs_cpu_bound_work.carrier_server import carrier
from examples.io_bound_vs_cpu_bound_work.jobs import arrive, digest, fetch, rank, rank_literals

Job = Callable[[Any], Any]
AsyncJob = Callable[[Any], Coroutine[Any, Any, Any]]
Run = Callable[[Job, Sequence[Any]], list[Any]]


# region sequential
@contextmanager
def sequential(workers: int) -> Iterator[Run]:
    """One job after the other."""
    yield lambda job, items: [job(item) for item in items]


# endregion sequential


# region threads
@contextmanager
def threads(workers: int) -> Iterator[Run]:
    """A pool of threads, which share one interpreter."""
    with ThreadPoolExecutor(workers) as pool:
        yield lambda job, items: list(pool.map(job, items))


# endregion threads


# region tasks
async def fetch_async(order: tuple[int, float, int]) -> int:
    """``fetch`` for an event loop: each wait is an await."""
    port, seconds, grams = order
    opened = await asyncio.open_connection("127.0.0.1", port)
    reader, writer = opened
    try:
        writer.write(f"quote {seconds} {grams}\n".encode())
        return int(await reader.readline())
    finally:
        writer.close()
        await writer.wait_closed()


def awaitable(job: Job) -> AsyncJob:
    """*job* as a coroutine function."""
    if job is fetch:
        return fetch_async

    async def compute(item: Any) -> Any:
        return job(item)  # no await inside: the loop stands still

    return compute


@contextmanager
def tasks(workers: int) -> Iterator[Run]:
    """A task for each job, all in one thread."""
    with asyncio.Runner() as runner:

        async def main(call: AsyncJob, items: Sequence[Any]) -> list[Any]:
            async with asyncio.TaskGroup() as group:
                made = [group.create_task(call(it)) for it in items]
            return [task.result() for task in made]

        def run(job: Job, items: Sequence[Any]) -> list[Any]:
            return runner.run(main(awaitable(job), items))

        yield run


# endregion tasks


# region processes
def process_pool(workers: int) -> ProcessPoolExecutor:
    """A pool whose workers start in the same way everywhere."""
    methods = multiprocessing.get_all_start_methods()
    method = "forkserver" if "forkserver" in methods else "spawn"
    context = multiprocessing.get_context(method)
    return ProcessPoolExecutor(workers, mp_context=context)


@contextmanager
def processes(workers: int) -> Iterator[Run]:
    """A pool of processes; arguments and results are pickled."""
    with process_pool(workers) as pool:
        yield lambda job, items: list(pool.map(job, items))


# endregion processes


# region interpreters
def interpreter_pool(workers: int) -> ThreadPoolExecutor:
    """A pool that there is since Python 3.14."""
    from concurrent.futures import (  # type: ignore[attr-defined]
        InterpreterPoolExecutor,
    )

    pool: ThreadPoolExecutor = InterpreterPoolExecutor(workers)
    return pool


@contextmanager
def interpreters(workers: int) -> Iterator[Run]:
    """A pool of threads, each with an interpreter of its own."""
    with interpreter_pool(workers) as pool:
        yield lambda job, items: list(pool.map(job, items))


# endregion interpreters

Way = Callable[[int], AbstractContextManager[Run]]
WAYS: dict[str, Way] = {
    "sequential": sequential,
    "threads": threads,
    "asyncio": tasks,
    "processes": processes,
    "subinterpreters": interpreters,
}


SHARING = ("sequential", "threads")
"""What is measured for literals, which only threads of one interpreter share."""


def free_threaded() -> bool:
    """Whether this interpreter runs without the GIL at this moment."""
    return not getattr(sys, "_is_gil_enabled", lambda: True)()


def available() -> dict[str, Way]:
    """The ways that this interpreter has."""
    return {name: way for name, way in WAYS.items() if name != "subinterpreters" or sys.version_info >= (3, 14)}


def pools() -> dict[str, Callable[[int], Executor]]:
    """The executors that this interpreter has."""
    found: dict[str, Callable[[int], Executor]] = {"threads": ThreadPoolExecutor, "processes": process_pool}
    if sys.version_info >= (3, 14):
        found["subinterpreters"] = interpreter_pool
    return found


def work(port: int, *, size: float) -> dict[str, tuple[Job, list[Any], int]]:
    """Each kind of work: the job, what it is called with, and how many workers a pool gets."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    counts = [int(300_000 * size) + more for more in range(8)]
    return {
        "fetch": (fetch, [(port, 0.1 * size, grams) for grams in range(500, 8500, 1000)], 8),
        "rank": (rank, [json.dumps([count, 7919, 30_000, 420, 1000]) for count in counts], cores),
        "literals": (rank_literals, counts, cores),
        "digest": (digest, [int(60 * size) + step for step in range(8)], cores),
    }


def answers(port: int, *, size: float) -> dict[str, dict[str, list[Any]]]:
    """For each kind of work, what each way returns."""
    got: dict[str, dict[str, list[Any]]] = {}
    for kind, (job, items, workers) in work(port, size=size).items():
        got[kind] = {}
        for name, way in available().items():
            with way(workers) as run:
                got[kind][name] = run(job, items)
    return got


def compiled_now(job: Job) -> Job:
    """*job* as it is in a module that its import compiled, whether or not there is a .pyc file of it."""
    names: dict[str, Any] = dict(vars(sys.modules[job.__module__]))
    exec(compile(inspect.getsource(job), "<compiled now>", "exec"), names)
    found: Job = names[job.__name__]
    return found


# region measure
def measure_once(
    way: Way,
    job: Job,
    items: Sequence[Any],
    workers: int,
    port: int,
) -> tuple[float, float]:
    """Seconds to get all workers ready, seconds for the work."""
    start = time.perf_counter()
    with way(workers) as run:
        if way in (threads, processes, interpreters):
            # each worker is in one call, until all have started
            run(arrive, [(port, workers)] * workers)
        ready = time.perf_counter()
        run(job, items)
        done = time.perf_counter()
    return ready - start, done - ready


# endregion measure


def measure(*, rounds: int, size: float) -> dict[str, Any]:
    """The medians of several rounds, in each of which the ways take turns."""
    results: dict[str, Any] = {}
    with carrier() as port:
        for kind, (job, items, workers) in work(port, size=size).items():
            ways = {name: way for name, way in available().items() if kind != "literals" or name in SHARING}
            if kind == "literals":
                job = compiled_now(job)
            taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
            for _ in range(rounds):
                for name, way in ways.items():
                    taken[name].append(measure_once(way, job, items, workers, port))
            results[kind] = {
                "jobs": len(items),
                "workers": workers,
                "ways": {
                    name: {
                        "start": round(statistics.median(start for start, _ in pairs), 4),
                        "work": round(statistics.median(work for _, work in pairs), 4),
                    }
                    for name, pairs in taken.items()
                },
            }
    return results


def interpreter() -> dict[str, str]:
    """What ran this."""
    return {"version": platform.python_version(), "build": "free-threaded" if free_threaded() else "gil"}


def main() -> None:
    """Check that all ways agree, or measure them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true", help="measure, and print the figures")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.json:
        print(json.dumps(interpreter() | {"work": measure(rounds=options.rounds, size=1.0)}))
        return
    with carrier() as port:
        for kind, ways in answers(port, size=0.02).items():
            first = ways["sequential"]
            same = [name for name, got in ways.items() if got == first]
            print(f"{kind}: {len(first)} answers, the same from {', '.join(same)}")


if __name__ == "__main__":
    main()
