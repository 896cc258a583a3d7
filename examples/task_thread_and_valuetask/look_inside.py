"""Start the busy shop, and look into it from outside with a tool of Python's own."""

from __future__ import annotations

import ctypes
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHOP = "examples.task_thread_and_valuetask.busy_shop"


# region look
@contextmanager
def busy_shop() -> Iterator[int]:
    """The process id of a shop that waits for its carriers."""
    with subprocess.Popen(
        [sys.executable, "-m", SHOP],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as shop:
        try:
            assert shop.stdout
            assert shop.stdout.readline() == "ready\n"
            yield shop.pid
        finally:
            shop.kill()


def look(*tool: str) -> str:
    """What ``python -m TOOL... PID`` says about the shop."""
    with busy_shop() as pid:
        return subprocess.run(
            [sys.executable, "-m", *tool, str(pid)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout


# endregion look


class _Span(ctypes.Structure):
    """A stretch of memory, as ``process_vm_readv`` takes it."""

    _fields_ = (("start", ctypes.c_void_p), ("length", ctypes.c_size_t))


def may_read(pid: int) -> bool:
    """Whether the system lets this process read the memory of *pid*, in the way of Python's tools (Linux)."""
    try:
        first = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").partition("-")[0]
    except OSError:
        return False
    if not first:  # it has ended
        return False
    here = ctypes.create_string_buffer(1)
    into, from_ = _Span(ctypes.addressof(here), 1), _Span(int(first, 16), 1)
    read = ctypes.CDLL(None).process_vm_readv
    read.restype = ctypes.c_ssize_t
    spans = ctypes.byref(into), ctypes.c_ulong(1), ctypes.byref(from_), ctypes.c_ulong(1)
    return bool(read(pid, *spans, ctypes.c_ulong(0)) == 1)


@functools.cache
def may_look() -> bool:
    """Whether a tool may look into the shop: some ptrace scopes, containers and sandboxes refuse it."""
    if sys.platform != "linux":
        return False
    with busy_shop() as pid:
        return may_read(pid)


def narrower(said: str) -> str:
    """*said* for a small page: files by name, and no gaps or rulers in tables."""
    said = re.sub(r"(?<=[ \"])/\S*/(?=\S+\.py)", ".../", said)
    lines = [line.rstrip() for line in said.splitlines() if not line.startswith("----")]
    return "\n".join(line if "──" in line else re.sub(r"(?<=\S) {2,}", "  ", line) for line in lines)


if __name__ == "__main__":
    print(narrower(look(*sys.argv[1:])))
