"""A daemon is cut off at exit; a thread that is asked and joined cleans up."""

from __future__ import annotations

import subprocess
import sys


def run(*args: str) -> list[str]:
    command = [sys.executable, "-m", "examples.task_thread_and_valuetask.daemon_end", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_daemon_is_cut_off() -> None:
    assert run("--daemon") == ["main ends, thread alive: True"]


def test_a_thread_that_is_asked_and_joined_cleans_up() -> None:
    assert run() == ["books closed", "main ends, thread alive: False"]
