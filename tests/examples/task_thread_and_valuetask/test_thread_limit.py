"""A limit on memory stops a thread for each call, and does not stop a pool."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(*args: str) -> list[str]:
    command = [sys.executable, "-m", "examples.task_thread_and_valuetask.thread_limit", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("args", "line"), [((), "RuntimeError: can't start new thread"), (("--pool",), "answers: 1000")]
)
def test_a_limit_on_memory_stops_threads_and_not_a_pool(args: tuple[str, ...], line: str) -> None:
    assert run(*args) == [line]
