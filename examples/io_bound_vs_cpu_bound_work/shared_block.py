"""Work on one block of shared memory from several processes, without sending the data."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.shared_memory import SharedMemory


# region block
@contextmanager
def owned(size: int) -> Iterator[SharedMemory]:
    """A block that is there until the end of the ``with``."""
    block = SharedMemory(create=True, size=size)
    try:
        yield block
    finally:
        block.close()  # this process lets go of it
        block.unlink()  # it is deleted: once, by its owner


@contextmanager
def borrowed(name: str) -> Iterator[SharedMemory]:
    """Somebody else's block."""
    block = SharedMemory(name=name)
    try:
        yield block
    finally:
        block.close()


def double(part: tuple[str, int, int]) -> int:
    """Double each byte of a part, in place."""
    name, start, stop = part
    with borrowed(name) as block:
        assert block.buf is not None
        for place in range(start, stop):
            block.buf[place] *= 2
    return stop - start


def main() -> None:
    """Let two processes work on halves of one block."""
    spawn = multiprocessing.get_context("spawn")
    with owned(8) as block, ProcessPoolExecutor(2, spawn) as pool:
        assert block.buf is not None
        block.buf[:8] = bytes(range(8))
        parts = [(block.name, 0, 4), (block.name, 4, 8)]
        print(list(pool.map(double, parts)))
        print(list(block.buf[:8]))
        name = block.name
    try:
        SharedMemory(name=name)
    except FileNotFoundError:
        print("deleted")


# endregion block


if __name__ == "__main__":
    main()
