"""hanging_shop: it is ready, and then neither of its threads ever gets its second lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from examples.deadlock_prevention import ask_stacks

ROOT = Path(__file__).resolve().parents[3]


def test_it_hangs_where_it_says_each_time_it_is_asked() -> None:
    command = [sys.executable, "-m", "examples.deadlock_prevention.hanging_shop"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as shop:
        try:
            assert shop.stdout is not None
            assert shop.stdout.readline() == "ready\n"
            first, second = ask_stacks.blocked(shop, 2), ask_stacks.blocked(shop, 2)
            assert first == second
            assert shop.poll() is None
        finally:
            shop.kill()
