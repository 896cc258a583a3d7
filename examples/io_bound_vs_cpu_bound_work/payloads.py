"""Jobs that do next to nothing with what they are sent, so that the sending can be measured."""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing.shared_memory import SharedMemory


def size(payload: Sequence[object]) -> int:
    """Receive something, and do next to nothing with it."""
    return len(payload)


def spin(turns: int) -> int:
    """Compute in Python for as many turns."""
    total = 0
    for turn in range(turns):
        total += turn & 7
    return total


def look_shared(name: str) -> bytes:
    """Receive the name of a shared block, and look into it."""
    block = SharedMemory(name=name)
    try:
        assert block.buf is not None
        return bytes(block.buf[:5])
    finally:
        block.close()
