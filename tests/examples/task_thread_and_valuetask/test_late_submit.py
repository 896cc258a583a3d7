"""What a thread may still start after the main thread has ended, and before."""

from __future__ import annotations

import subprocess
import sys


def run(*args: str) -> list[str]:
    command = [sys.executable, "-m", "examples.task_thread_and_valuetask.late_submit", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_pools_refuse_what_comes_after_the_main_thread() -> None:
    lines = run("--alone")
    assert lines[:2] == ["main ends", "submit: cannot schedule new futures after interpreter shutdown"]
    assert lines[2].startswith("to_thread: can")
    assert lines[3].startswith("thread: ")


def test_pools_accept_what_comes_before_the_main_thread_ends() -> None:
    assert run() == ["submit: accepted", "to_thread: accepted", "thread: accepted", "main ends"]
