"""A daemon that prints at exit aborts the program; a thread that is joined ends."""

from __future__ import annotations

import signal
import subprocess
import sys


def run(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "examples.reference.symptom_exit_daemon", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_daemon_in_the_middle_of_a_print_aborts_the_program() -> None:
    done = run("--daemon")
    assert done.returncode == -signal.SIGABRT
    assert "Fatal Python error: _enter_buffered_busy: could not acquire lock" in done.stderr


def test_a_joined_thread_ends() -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "ended after its last line\n")
