"""Profile the three threads in each mode of profiling.sampling (Python 3.15), and say who was seen in it."""

from __future__ import annotations

import re
import subprocess
import sys

THREADS = "examples.task_thread_and_valuetask.three_threads"
WORKERS = ("wait_for_answer", "hash_labels", "rank_parcels")
ENOUGH = 0.1


# region profile
def profile(mode: str) -> str:
    """The table of one run of the three threads."""
    sampler = [sys.executable, "-m", "profiling.sampling", "run"]
    options = ["--all-threads", "--mode", mode, "--limit", "100"]
    done = subprocess.run(
        [*sampler, *options, "-m", THREADS],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


# endregion profile


def seen(table: str) -> list[str]:
    """The workers that were on the stack in a tenth of all samples or more."""
    table = re.sub(r"\x1b\[[\d;]*m", "", table)
    captured = re.search(r"Captured ([\d,]+) samples", table)
    assert captured, table
    total = int(captured[1].replace(",", ""))
    found = dict.fromkeys(WORKERS, 0)
    for cumulative, name in re.findall(r"^ *\d+/(\d+) .*\((\w+)\)$", table, re.MULTILINE):
        if name in found:
            found[name] += int(cumulative)
    return [name for name in WORKERS if found[name] >= ENOUGH * total]


if __name__ == "__main__":
    for mode in "wall", "cpu", "gil":
        print(f"{mode:4}", *seen(profile(mode)))
