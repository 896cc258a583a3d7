"""A worker with a GIL of its own answers a caller that never gives way; one that shares the caller's GIL does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import examples
from examples.foundations.same_instant import ANSWERED, ASKED, READY, ask, worker

HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()


def test_the_worker_answers_a_question() -> None:
    desk = bytearray(3)
    desk[ASKED] = 1
    worker(desk)
    assert (desk[READY], desk[ANSWERED]) == (1, 1)


def test_an_answer_that_is_there_counts_and_the_question_was_asked() -> None:
    desk = bytearray(3)
    desk[READY] = desk[ANSWERED] = 1
    assert ask(desk, seconds=60) == "answered meanwhile"
    assert desk[ASKED] == 1


def test_without_an_answer_the_caller_gives_up() -> None:
    desk = bytearray(3)
    desk[READY] = 1
    assert ask(desk, seconds=0) == "had to wait"


def answers(*models: str) -> dict[str, str]:
    """Run the program in a process of its own, because it changes the switch interval."""
    done = subprocess.run(
        [sys.executable, "-m", "examples.foundations.same_instant", *models],
        cwd=Path(examples.__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
        timeout=250,
        check=True,
    )
    return dict(line.split(": ") for line in done.stdout.splitlines())


def test_who_answers_while_the_caller_keeps_its_gil() -> None:
    assert answers() == {
        "thread": "had to wait" if HAS_GIL else "answered meanwhile",
        "subinterpreter": "answered meanwhile" if sys.version_info >= (3, 14) else "not in the standard library",
        "process": "answered meanwhile",
    }


def test_arguments_choose_who_is_asked() -> None:
    assert answers("process") == {"process": "answered meanwhile"}
