"""Without the guard the worker refuses, and its death breaks the pool."""

from __future__ import annotations

import subprocess
import sys


def test_the_worker_refuses_to_start_workers() -> None:
    command = [sys.executable, "-m", "examples.common_pitfalls.no_guard"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "An attempt has been made to start a new process" in done.stderr
    assert "BrokenProcessPool" in done.stderr
