"""Take what a restart destroys: ``python -m examples.operations.collect_evidence PID FOLDER`` (Linux)."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path


# region collect
def catches(pid: int, number: signal.Signals) -> bool:
    """Whether the process has a handler for this signal: one that has none would be ended by it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def descriptors(pid: int) -> str:
    lines: list[str] = []
    for fd in sorted(Path(f"/proc/{pid}/fd").iterdir(), key=lambda fd: int(fd.name)):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            lines.append(f"{fd.name} {os.readlink(fd)}")
    return "\n".join(lines)


def threads(pid: int) -> str:
    lines: list[str] = []
    for task in sorted(Path(f"/proc/{pid}/task").iterdir()):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # ended meanwhile
            lines.append((task / "stat").read_text().strip())
    return "\n".join(lines)


def tool(pid: int, *command: str) -> str:
    """What a tool of this Python says about the process; at most 30 s."""
    done = subprocess.run([sys.executable, "-m", *command, str(pid)], capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


def collect(pid: int, folder: Path) -> list[str]:
    """Write one file for each piece of evidence; what can't be had is told in its file, and does not stop the rest."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces: dict[str, Callable[[], str]] = {
        "status": Path(f"/proc/{pid}/status").read_text,
        "limits": Path(f"/proc/{pid}/limits").read_text,
        "descriptors": lambda: descriptors(pid),
        "threads-1": lambda: threads(pid),
        "tasks": lambda: tool(pid, "asyncio", "pstree"),
        "stacks": lambda: tool(pid, "profiling.sampling", "dump", "-a"),
        "threads-2": lambda: threads(pid),
    }
    for name, take in pieces.items():
        try:
            said = take()
        except (OSError, subprocess.TimeoutExpired) as error:
            said = f"{type(error).__name__}: {error}"
        (folder / name).write_text(said)
    return [*pieces, *ask(pid, (signal.SIGUSR1, signal.SIGUSR2))]


def ask(pid: int, numbers: Iterable[signal.Signals]) -> list[str]:
    """Have a prepared program write its stacks to its log; an unprepared one is left in peace."""
    asked: list[str] = []
    for number in numbers:
        try:
            if catches(pid, number):
                os.kill(pid, number)
                asked.append(f"{number.name}: see its log")
        except OSError as error:  # it has ended, or is another user's
            asked.append(f"{number.name}: {type(error).__name__}")
    return asked


# endregion collect


def main() -> None:
    """Collect, and say what there is."""
    if len(sys.argv) != 3 or not sys.argv[1].isdigit():
        sys.exit("usage: python -m examples.operations.collect_evidence PID FOLDER")
    if not Path("/proc", sys.argv[1]).is_dir():
        sys.exit(f"there is no process {sys.argv[1]}")
    print(*collect(int(sys.argv[1]), Path(sys.argv[2])), sep="\n")


if __name__ == "__main__":
    main()
