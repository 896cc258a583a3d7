"""ask_stacks: reads faulthandler's dump up to its last frame, and finds both ends of a real deadlock."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from examples.deadlock_prevention import ask_stacks, hanging_shop

DUMP = """\
Thread 0x00007fa85f2516c0 [pack] (most recent call first):
  File "{file}", line 1 in pack
  File "threading.py", line 995 in run

Current thread 0x00007fa85ff3b780 (most recent call first):
  File "{file}", line 1 in main
  File "<frozen runpy>", line 198 in _run_module_as_main
not part of the dump
"""


def test_a_dump_gives_the_innermost_frame_of_each_thread_and_ends_with_the_main_one() -> None:
    lines = io.StringIO(DUMP.format(file=__file__))
    first = __doc__.splitlines()[0] if __doc__ else ""
    assert list(ask_stacks.dump(lines)) == [("pack", f'"""{first}"""'), ("main", f'"""{first}"""')]
    assert lines.read() == "not part of the dump\n"


def test_both_ends_of_the_deadlock_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    ask_stacks.main()
    assert capsys.readouterr().out.splitlines() == [
        "ready",
        "pack: with rates:  # waits for the refresher",
        "refresh: with parcels:  # waits for the packer",
        "exit code -9",
    ]


def ask(program: str) -> list[str]:
    command = [sys.executable, "-c", "import signal, sys\n" + program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            return ask_stacks.blocked(child, 1)
        finally:
            child.kill()


def test_a_program_that_ends_is_an_error() -> None:
    with pytest.raises(ChildProcessError, match="the program has ended"):
        ask("print('ready', flush=True)")


def test_a_signal_that_is_lost_is_sent_again() -> None:
    lines = Path(hanging_shop.__file__).read_text("utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, 1) if "# waits" in line)
    stacks = DUMP.format(file=hanging_shop.__file__).replace("line 1 in main", f"line {number} in main")
    program = f"""
calls = []
def answer(*_):
    calls.append(1)
    if len(calls) == 2:
        print({stacks!r}, file=sys.stderr, flush=True)
signal.signal(signal.SIGUSR1, answer)
print("ready", flush=True)
while True:
    signal.pause()
"""
    assert ask(program) == [f"main: {lines[number - 1].strip()}"]
