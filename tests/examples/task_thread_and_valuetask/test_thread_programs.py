"""What the programs of the page on threads say, and how they end."""

from __future__ import annotations

import subprocess
import sys

import pytest

PACKAGE = "examples.task_thread_and_valuetask"


def run(program: str, *args: str) -> list[str]:
    command = [sys.executable, "-m", f"{PACKAGE}.{program}", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_daemon_is_cut_off() -> None:
    assert run("daemon_end", "--daemon") == ["main ends, thread alive: True"]


def test_a_thread_that_is_asked_and_joined_cleans_up() -> None:
    assert run("daemon_end") == ["books closed", "main ends, thread alive: False"]


def test_a_pool_refuses_what_comes_after_the_main_thread() -> None:
    lines = run("late_submit", "--alone")
    assert lines[:2] == ["main ends", "submit: cannot schedule new futures after interpreter shutdown"]
    assert lines[2].startswith("thread: ")


def test_a_pool_accepts_what_comes_before_the_main_thread_ends() -> None:
    assert run("late_submit") == ["submit: accepted", "thread: accepted", "main ends"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("args", "line"), [((), "RuntimeError: can't start new thread"), (("--pool",), "answers: 1000")]
)
def test_a_limit_on_memory_stops_threads_and_not_a_pool(args: tuple[str, ...], line: str) -> None:
    assert run("thread_limit", *args) == [line]
