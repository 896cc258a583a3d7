"""ask_stacks: reads faulthandler's dumps, whole or cut off, and finds both ends of a real deadlock."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from examples.deadlock_prevention import ask_stacks

DUMP = """\
Thread 0x00007fa85f2516c0 [pack] (most recent call first):
  File "{file}", line 1 in pack
  File "threading.py", line 995 in run

Current thread 0x00007fa85ff3b780 (most recent call first):
  File "{file}", line 1 in main
  File "<frozen runpy>", line 198 in _run_module_as_main

Thread 0x00007fa85f2516c0 [cut off] (most recent call first):
  File "{file}", line 1 in cut"""


def test_a_dump_gives_the_innermost_frame_of_each_thread_and_none_that_is_cut_off() -> None:
    lines = io.StringIO(DUMP.format(file=__file__))
    first = __doc__.splitlines()[0] if __doc__ else ""
    assert list(ask_stacks.innermost(lines)) == [("pack", f'"""{first}"""'), ("main", f'"""{first}"""')]


def test_a_program_that_has_ended_is_not_asked_for_ever(tmp_path: Path) -> None:
    log = tmp_path / "stacks.txt"
    log.touch()
    with subprocess.Popen([sys.executable, "-c", ""], text=True) as program:
        program.wait(60)
        with pytest.raises(AssertionError, match="it has ended"):
            ask_stacks.blocked(program, log, 2)


def test_both_ends_of_the_deadlock_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    ask_stacks.main()
    assert capsys.readouterr().out.splitlines() == [
        "ready",
        "pack: with rates:  # waits for the refresher",
        "refresh: with parcels:  # waits for the packer",
        "exit code -9",
    ]
