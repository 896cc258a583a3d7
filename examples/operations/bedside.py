"""Start a sick shop, and examine it: by signals, over HTTP, with commands of a shell and tools of Python's own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from examples.operations.whats_running import END
from examples.task_thread_and_valuetask.look_inside import may_read

ROOT = Path(__file__).resolve().parents[2]


# region patient
class Patient:
    """A sick shop that runs as a child process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self._stdin, self._stdout, self._stderr = process.stdin, process.stdout, process.stderr
        ready, pid, self.url = self._stdout.readline().split()
        assert ready == "ready"
        self.pid = int(pid)

    def round(self) -> None:
        """Let it work off a round of requests."""
        self._stdin.write("\n")
        self._stdin.flush()
        assert self._stdout.readline() == "done\n"

    def ask(self, number: signal.Signals, last: str = END) -> list[str]:
        """Send a signal, and read what it writes to stderr, up to a line that holds *last*."""
        self.process.send_signal(number)
        said: list[str] = []
        for line in self._stderr:
            if last in line:
                break
            said.append(line.rstrip("\n"))
        return said

    def get(self, path: str) -> list[str]:
        """What it answers over HTTP, while its loop may be stuck."""
        with urlopen(self.url + path, timeout=60) as answer:
            return str(answer.read().decode()).splitlines()

    def busy(self, ticks: int = 20) -> str:
        """The thread that uses *ticks* hundredths of a second of a processor, once one does."""
        stats = list(Path(f"/proc/{self.pid}/task").glob("*/stat"))
        before = [used(stat) for stat in stats]
        while True:
            for stat, at_first in zip(stats, before, strict=True):
                if used(stat) - at_first >= ticks:
                    return "main thread" if stat.parent.name == str(self.pid) else "another thread"

    def shell(self, command: str) -> str:
        """What a command prints, with PID and URL filled in."""
        command = command.replace("PID", str(self.pid)).replace("URL", self.url)
        # stderr is left out: a thread may end while its files are read
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
        return done.stdout.rstrip("\n")

    def until(self, command: str, wanted: str) -> str:
        """Repeat a command until it prints *wanted*: a shop that is ready to hang has still to fall asleep."""
        while (said := self.shell(command)) != wanted:
            assert self.process.poll() is None, said
        return said


def used(stat: Path) -> int:
    """Processor time of a thread in clock ticks, user and system (``man proc_pid_stat``)."""
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@contextmanager
def patient(kind: str) -> Iterator[Patient]:
    """A shop that is in the state that *kind* names; it is killed at the end."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "examples.operations.sick_shop", kind]
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield Patient(process)
        finally:
            process.kill()


# endregion patient


def may_look() -> bool:
    """Whether tools may read the memory of a child: some ptrace scopes, containers and sandboxes refuse it."""
    if sys.platform != "linux":
        return False
    with patient("lost_slots") as shop:
        return may_read(shop.pid)
