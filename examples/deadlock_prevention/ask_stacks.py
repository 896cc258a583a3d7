"""Ask a program that registered faulthandler for its stacks, until two threads stand in the lines that hang."""

from __future__ import annotations

import linecache
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import IO

FRAME = re.compile(r'  File "(.*)", line (\d+) in (\w+)')
LAST = "_run_module_as_main"
"""The outermost frame of the main thread, which is dumped last."""


# region ask
def dump(lines: IO[str]) -> Iterator[tuple[str, str]]:
    """Function and source of each thread's innermost frame."""
    innermost = False
    for line in lines:
        if line.endswith("(most recent call first):\n"):
            innermost = True
        elif frame := FRAME.match(line):
            if innermost:
                source = linecache.getline(frame[1], int(frame[2]))
                yield frame[3], source.strip()
            innermost = False
            if frame[3] == LAST:
                return


def ask(program: subprocess.Popen[str], answered: threading.Event) -> None:
    """Send the signal until there is an answer.

    One that comes while faulthandler still writes is lost.
    """
    program.send_signal(signal.SIGUSR1)
    while not answered.wait(1):
        program.send_signal(signal.SIGUSR1)


def blocked(program: subprocess.Popen[str], threads: int) -> list[str]:
    """Where *threads* threads wait for a lock, once they do.

    :raises ChildProcessError: if the program ends before.
    """
    assert program.stderr is not None
    found: list[str] = []
    while len(found) < threads:
        if program.poll() is not None:
            raise ChildProcessError("the program has ended")
        answered = threading.Event()
        asking = threading.Thread(target=ask, args=(program, answered))
        asking.start()
        found = [f"{function}: {source}" for function, source in dump(program.stderr) if "# waits" in source]
        answered.set()
        asking.join()
    return sorted(found)


# endregion ask


def main() -> None:
    command = [sys.executable, "-m", "examples.deadlock_prevention.hanging_shop"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as shop:
        try:
            assert shop.stdout is not None
            print(shop.stdout.readline().strip())
            print(*blocked(shop, 2), sep="\n")
        finally:
            shop.kill()
    print("exit code", shop.returncode)


if __name__ == "__main__":
    main()
