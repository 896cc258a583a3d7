"""Two processes change one key of a store at the same moment, in five ways: ``store_race.py sqlite`` or ``valkey``."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path

from examples.thread_safe_collections.rate_store import (
    RateStore,
    SqliteStore,
)

Way = Callable[[RateStore], object]
both_here: Barrier  # of the workers


def connect(address: str) -> RateStore:
    """The store behind *address*: a URL, or a file."""
    if "://" not in address:
        return SqliteStore(address)
    from examples.thread_safe_collections.valkey_store import ValkeyStore

    return ValkeyStore(address)


# region ways
def read_then_write(store: RateStore) -> object:
    """Broken: another process writes in between."""
    sold = store.get("sold") or 0
    both_here.wait(60)
    store.put("sold", sold + 1)
    return None


def one_operation(store: RateStore) -> object:
    """Fixed: the store adds."""
    both_here.wait(60)
    return store.add("sold", 1)


def read_then_replace(store: RateStore) -> object:
    """Fixed too: write only what has not changed, or again."""
    sold, version = store.read("sold")
    both_here.wait(60)
    tries = 1
    while not store.replace("sold", sold + 1, version):
        sold, version = store.read("sold")
        tries += 1
    return tries


def get_or_add(store: RateStore) -> object:
    """Both have computed a rate; both use the same."""
    mine = multiprocessing.current_process().pid or 0
    assert store.get("rate") is None
    both_here.wait(60)
    return store.get_or_add("rate", mine)


def claim(store: RateStore) -> object:
    """One of them has the job."""
    me = str(multiprocessing.current_process().pid)
    both_here.wait(60)
    return store.claim("nightly labels", me, seconds=3600)


# endregion ways


def _start(barrier: Barrier) -> None:
    global both_here
    both_here = barrier


def _run(way: Way, address: str) -> object:
    with contextlib.closing(connect(address)) as store:
        return way(store)


# region main
def main(address: str) -> None:
    """Each way in two processes, which meet before they write."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    with (
        contextlib.closing(connect(address)) as store,
        ProcessPoolExecutor(2, spawn, _start, (barrier,)) as pool,
    ):

        def both(way: Way) -> list[object]:
            store.put("sold", 0)
            runs = [pool.submit(_run, way, address) for _ in "12"]
            return [run.result(60) for run in runs]

        both(read_then_write)
        print("read, then write:", store.get("sold"), "of 2")
        both(one_operation)
        print("one operation:", store.get("sold"), "of 2")
        tries = both(read_then_replace)
        print("read, then replace:", store.get("sold"), "of 2")
        print("  tries:", *sorted(map(str, tries)))
        print("get or add, answers:", len(set(both(get_or_add))))
        print("claims granted:", sum(map(bool, both(claim))))


# endregion main


@contextlib.contextmanager
def place(kind: str) -> Iterator[str]:
    """A store of that kind for the time of the block."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield str(Path(folder) / "rates.db")
    else:
        from examples.thread_safe_collections.valkey_store import server

        with server() as address:
            yield address


if __name__ == "__main__":
    with place(sys.argv[1]) as chosen:
        main(chosen)
