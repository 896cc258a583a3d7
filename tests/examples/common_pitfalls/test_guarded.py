"""Below the guard the same script gets its price."""

from __future__ import annotations

import subprocess
import sys

from examples.common_pitfalls.guarded import price


def test_the_worker_prices() -> None:
    command = [sys.executable, "-m", "examples.common_pitfalls.guarded"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == (f"{price(1_500)}\n", "")
