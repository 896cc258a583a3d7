"""Processes that a test watches from outside."""

from __future__ import annotations

import os
import select


def assert_gone(pid: int) -> None:
    """The process has ended, or ends before the test's patience does."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([descriptor], [], [], 5)
    finally:
        os.close(descriptor)
    if not ended:
        os.kill(pid, 9)
    assert ended, f"process {pid} is still there"
