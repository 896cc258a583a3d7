"""Pools refuse work at exit, and accept it while the main thread runs."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(*args: str) -> list[str]:
    command = [sys.executable, "-m", "examples.common_pitfalls.late_work", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_at_exit_pools_refuse() -> None:
    ended, used, unused, to_thread = run("--late")
    assert ended == "main ends"
    assert used == "used pool: RuntimeError: cannot schedule new futures after shutdown"
    assert unused == "unused pool: RuntimeError: cannot schedule new futures after interpreter shutdown"
    assert to_thread.startswith("to_thread: RuntimeError: ")


def test_before_the_end_pools_accept() -> None:
    assert run() == ["used pool: accepted", "unused pool: accepted", "to_thread: accepted", "main ends"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="3.11 waits without end")
def test_a_destructor_at_the_very_end_cannot_start_a_thread() -> None:
    (line,) = run("--collected")
    assert line.endswith("Error: can't create new thread at interpreter shutdown")
