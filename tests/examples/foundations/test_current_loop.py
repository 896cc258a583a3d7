"""current_loop: what get_event_loop() does without a running loop, by version."""

from __future__ import annotations

import subprocess
import sys


def test_by_version() -> None:
    """A fresh process, because each asyncio.run changes the answer."""
    command = [sys.executable, "-m", "examples.foundations.current_loop"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    no_loop = "RuntimeError: There is no current event loop in thread"
    if sys.version_info >= (3, 14):
        first = f"{no_loop} 'MainThread'."
    elif sys.version_info >= (3, 12):
        first = "a new loop and DeprecationWarning: There is no current event loop"
    else:
        first = "a new loop"
    assert lines == [
        f"at the start: {first}",
        f"after asyncio.run: {no_loop} 'MainThread'.",
        f"in a thread: {no_loop} 'worker'.",
    ]
