"""old_start: what became of get_event_loop() as a start, by version."""

from __future__ import annotations

import subprocess
import sys


def test_by_version() -> None:
    """A fresh process, because each asyncio.run changes the answer."""
    command = [sys.executable, "-m", "examples.common_pitfalls.old_start"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if sys.version_info >= (3, 14):
        assert printed == "RuntimeError: There is no current event loop in thread 'MainThread'.\n"
    elif sys.version_info >= (3, 12):
        assert printed == "DeprecationWarning: There is no current event loop\n"
    else:
        assert printed == "840\n"
