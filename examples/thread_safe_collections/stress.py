"""Race for every operation of the guarantee table, and print what was seen.

``python -m examples.thread_safe_collections.stress`` prints a line for each row, ``--json`` all of it.  The rows run
in a child process, because an operation may crash an interpreter: the row that was under way is then recorded as a
crash, and the next child goes on behind it.
"""

from __future__ import annotations

import argparse
import json
import platform
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from threading import Thread
from typing import IO, Any

from examples.thread_safe_collections.guarantee_rows import ROWS
from examples.thread_safe_collections.race import stress

SECONDS, PATIENCE = 0.1, 20.0

Found = dict[str, Any]
"""What was seen of one row: ``operations``, ``violations`` and ``exceptions``, or how it ended: ``crash``."""


def serve(seconds: float, rows: Sequence[str]) -> None:
    """The child: race for each of *rows*, and print a line of JSON when one is done."""
    for key in rows:
        tally = stress(ROWS[key].trial, seconds)
        seen = {"operations": tally.operations, "violations": tally.violations, "exceptions": tally.exceptions}
        print(json.dumps({"key": key, **seen}), flush=True)


# region survive
def survive(command: Sequence[str], rows: Sequence[str], patience: float = PATIENCE) -> Iterator[tuple[str, Found]]:
    """Have children run *rows*; a row that ends its child is a crash, and the next child goes on behind it."""
    left = list(rows)
    while left:
        child = subprocess.Popen([*command, *left], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ended = f"no end within {patience:g} s"
        for said in lines(child, patience):
            if said is None:
                ended = "crash"
                break
            found = json.loads(said)
            key = left.pop(0)
            assert found.pop("key") == key
            yield key, found
        child.kill()
        code = child.wait()
        if left:
            name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            yield left.pop(0), {"crash": name if ended == "crash" else ended}


def lines(child: subprocess.Popen[str], patience: float) -> Iterator[str | None]:
    """What *child* prints, and None when it has ended; stops when it says nothing for too long."""
    said: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read(output: IO[str]) -> None:
        with output:
            for line in output:
                said.put(line)
        child.wait()
        said.put(None)

    assert child.stdout
    reader = Thread(target=read, args=(child.stdout,), daemon=True)
    reader.start()
    try:
        while (line := said.get(timeout=patience)) is not None:
            yield line
        yield None
    except queue.Empty:
        return


# endregion survive


# region measure
def measure(seconds: float, rows: Sequence[str]) -> dict[str, Any]:
    """All rows under this interpreter; one that it does not have is None."""
    here = [key for key in rows if ROWS[key].exists]
    command = [sys.executable, "-m", "examples.thread_safe_collections.stress", "--serve", "--seconds", str(seconds)]
    seen = dict(survive(command, here))
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    return {
        "version": platform.python_version(),
        "build": "gil" if gil else "free-threaded",
        "rows": {key: seen.get(key) for key in rows},
    }


# endregion measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each row")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", action="store_true", help="run in this process (what the children do)")
    parser.add_argument("rows", nargs="*", help="names of rows (all)")
    options = parser.parse_args()
    rows = options.rows or list(ROWS)
    if options.serve:
        serve(options.seconds, rows)
        return
    figures = measure(options.seconds, rows)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for key, found in figures["rows"].items():
        print(f"{key:24} {'absent' if found is None else shown(found)}")


def shown(found: Found) -> str:
    """*found* in a few words."""
    if "crash" in found:
        return f"crash: {found['crash']}"
    errors = ", ".join(found["exceptions"])
    return f"{found['violations']:8,} of {found['operations']:10,}  {errors}".rstrip()


if __name__ == "__main__":
    main()
