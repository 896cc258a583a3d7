"""A daemon that prints at exit takes the program down; a thread that is joined ends, and the program with it."""

from __future__ import annotations

import signal
import subprocess
import sys


def run(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "examples.common_pitfalls.daemon_log", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_daemon_that_holds_the_buffer_aborts_the_program() -> None:
    done = run("--daemon")
    assert done.returncode == -signal.SIGABRT
    assert "Fatal Python error: _enter_buffered_busy: could not acquire lock" in done.stderr
    assert "report: finally" not in done.stderr


def test_a_joined_thread_runs_its_finally() -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "report: finally\n")
