"""sharing: what it prints about memory and errors, for each way of the interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from examples.io_bound_vs_cpu_bound_work import six_ways

ROOT = Path(__file__).resolve().parents[3]

FOUND = {
    "sequential": (4, "ValueError", "NoneType"),
    "threads": (4, "ValueError", "NoneType"),
    "asyncio": (4, "ExceptionGroup", "NoneType"),
    "processes": (0, "ValueError", "_RemoteTraceback"),
    "subinterpreters": (0, "ValueError", "ExecutionFailed"),
}


def test_all_return_the_same_and_only_some_share_memory() -> None:
    command = [sys.executable, "-m", "examples.io_bound_vs_cpu_bound_work.sharing"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert ran.stderr == ""
    expected = []
    for name in six_ways.available():
        seen, error, cause = FOUND[name]
        expected += [f"{name}: 8400 cents, {seen} seen,", f"    raised {error}, its cause: {cause}"]
    assert ran.stdout.splitlines() == expected
