"""atexit calls an async function and drops its coroutine; async with closes."""

from __future__ import annotations

import subprocess
import sys


def run(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "examples.common_pitfalls.late_close", *args]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


def test_atexit_never_closes() -> None:
    done = run("--broken")
    assert done.stdout == "840\n"
    assert "coroutine 'Client.aclose' was never awaited" in done.stderr


def test_the_block_closes() -> None:
    done = run()
    assert (done.stdout, done.stderr) == ("840\nclosed\n", "")
