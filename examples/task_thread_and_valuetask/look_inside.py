"""Start the busy shop, and look into it from outside with a tool of Python's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

SHOP = "examples.task_thread_and_valuetask.busy_shop"


def may_look() -> bool:
    """Whether this user may read another process of theirs that allows it."""
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    strict = scope.exists() and int(scope.read_text(encoding="utf-8")) > 1
    return os.geteuid() == 0 or not strict


# region look
def look(*tool: str) -> str:
    """What ``python -m TOOL... PID`` says about the shop."""
    start = [sys.executable, "-m"]
    shop = subprocess.Popen(
        [*start, SHOP],
        stdout=subprocess.PIPE,
        text=True,
    )
    with shop:
        try:
            assert shop.stdout
            assert shop.stdout.readline() == "ready\n"
            return subprocess.run(
                [*start, *tool, str(shop.pid)],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
        finally:
            shop.kill()


# endregion look


def narrower(said: str) -> str:
    """*said* for a small page: files by name, and no gaps or rulers in tables."""
    said = re.sub(r"(?<=[ \"])/\S*/(?=\S+\.py)", ".../", said)
    lines = [line.rstrip() for line in said.splitlines() if not line.startswith("----")]
    return "\n".join(line if "──" in line else re.sub(r"(?<=\S) {2,}", "  ", line) for line in lines)


if __name__ == "__main__":
    print(narrower(look(*sys.argv[1:])))
