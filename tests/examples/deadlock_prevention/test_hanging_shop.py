"""hanging_shop: it is ready, and then neither of its threads ever gets its second lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from examples.deadlock_prevention import ask_stacks

ROOT = Path(__file__).resolve().parents[3]


def test_it_hangs_where_it_says_each_time_it_is_asked(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "examples.deadlock_prevention.hanging_shop"]
    log = tmp_path / "stacks.txt"
    with (
        log.open("a") as stderr,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True) as shop,
    ):
        try:
            assert shop.stdout is not None
            assert shop.stdout.readline() == "ready\n"
            first = ask_stacks.blocked(shop, log, 2)
            log.write_text("")
            assert ask_stacks.blocked(shop, log, 2) == first
            assert shop.poll() is None
        finally:
            shop.kill()
