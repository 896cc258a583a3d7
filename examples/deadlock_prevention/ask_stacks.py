"""Ask a program that registered faulthandler for its stacks, until two threads stand in the lines that hang."""

from __future__ import annotations

import linecache
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

FRAME = re.compile(r'  File "(.*)", line (\d+) in (\w+)\n')


# region ask
def innermost(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Function and source of the innermost frames in *lines*."""
    first = False
    for line in lines:
        if line.endswith("(most recent call first):\n"):
            first = True
        elif first and (frame := FRAME.match(line)):
            source = linecache.getline(frame[1], int(frame[2]))
            yield frame[3], source.strip()
            first = False


def blocked(program: subprocess.Popen[str], log: Path, threads: int) -> list[str]:
    """Where *threads* threads wait for a lock, once they do."""
    found: set[str] = set()
    while len(found) < threads:
        assert program.poll() is None, "it has ended"
        program.send_signal(signal.SIGUSR1)
        time.sleep(0.01)  # a dump may also come later, or cut off
        with log.open() as lines:
            found = {f"{name}: {source}" for name, source in innermost(lines) if "# waits" in source}
    return sorted(found)


# endregion ask


def main() -> None:
    command = [sys.executable, "-m", "examples.deadlock_prevention.hanging_shop"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "stacks.txt")
        with (
            log.open("w") as stderr,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as shop,
        ):
            try:
                assert shop.stdout is not None
                print(shop.stdout.readline().strip())
                print(*blocked(shop, log, 2), sep="\n")
            finally:
                shop.kill()
    print("exit code", shop.returncode)


if __name__ == "__main__":
    main()
