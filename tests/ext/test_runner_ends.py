"""Expected ends and leaks: what a page announces passes only if it really happens, and what it does not, fails."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from concurrent_doctest import plan as plans
from concurrent_doctest.builder import RUN
from concurrent_doctest.execute import Result
from concurrent_doctest.plan import Block, Document, Group, Plan
from concurrent_doctest.supervise import DocumentResult
from tests.ext.scratch_project import ROOT

LINE = 5


def run(source: str, expect: str | None, *, clock: str = "real", later: str = "") -> DocumentResult:
    """Run one block under strict rules, in a group of its own, with a sound block in the group behind it.

    In a fresh interpreter, as the builder does: a fork of pytest has its hooks and warning filters.
    """
    tests = [Block("page.md", LINE, "testcode", source, expect=expect)]
    if later:
        tests.append(Block("page.md", 30, "testcode", later))
    groups = (Group("first", tuple(tests)), Group("second", (Block("page.md", 50, "testcode", "x = 1"),)))
    plan = Plan((Document("page", "page.md", groups, clock=clock, limit=20.0),), strict=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plans.write(plan, folder / "plan.json")
        command = [sys.executable, "-c", RUN, str(ROOT / "source/_ext"), "plan.json", "results.json"]
        subprocess.run(command, cwd=folder, check=True, timeout=60, stdin=subprocess.DEVNULL)
        (document,) = json.loads((folder / "results.json").read_text("utf-8"))["documents"]
    blocks = [{key: value for key, value in block.items() if key != "hash"} for block in document["results"]]
    return DocumentResult("page", "page.md", [Result(**block) for block in blocks], document["problem"])


def outcomes(result: DocumentResult) -> dict[str, str]:
    return {block.id: block.outcome for block in result.results}


THREADING = "import threading\n"
ASYNCIO = "import asyncio\n"


@pytest.mark.parametrize(
    "source",
    [
        THREADING + "threading.Event().wait()",
        THREADING + "lock = threading.Lock(); lock.acquire(); lock.acquire()",
        "import queue\nqueue.Queue().get()",
        ASYNCIO + "asyncio.run(asyncio.Event().wait())",
        "import socket\na, b = socket.socketpair()\na.recv(1)",
    ],
)
def test_a_block_that_is_blocked_for_good_is_the_hang_it_announces(source: str) -> None:
    result = run(source, "hang")
    assert result.problem == ""
    assert outcomes(result) == {"page.md:5": "passed", "page.md:50": "passed"}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import time\ntime.sleep(15)", "with a time limit"),
        (THREADING + "threading.Event().wait(15)", "with a time limit"),
        (THREADING + "lock = threading.Lock(); lock.acquire(); lock.acquire(timeout=15)", "with a time limit"),
        ("import queue\nqueue.Queue().get(timeout=15)", "with a time limit"),
        (ASYNCIO + "asyncio.run(asyncio.sleep(15))", "with a time limit"),
        ("while True: pass", "it was busy"),
    ],
)
def test_a_slow_or_a_busy_block_is_no_hang(source: str, why: str) -> None:
    result = run(source, "hang")
    assert outcomes(result)["page.md:5"] == "failed"
    assert "expected: hang" in result.problem
    assert why in result.problem


def test_on_the_virtual_clock_a_proven_deadlock_is_the_hang() -> None:
    result = run(ASYNCIO + "asyncio.run(asyncio.Event().wait())", "hang", clock="virtual")
    assert outcomes(result) == {"page.md:5": "passed", "page.md:50": "passed"}


@pytest.mark.parametrize("expect", ["hang", "exit 3", "signal SIGKILL"])
def test_a_block_that_comes_to_its_end_fails_the_expectation(expect: str) -> None:
    result = run("x = 1", expect)
    assert outcomes(result)["page.md:5"] == "failed"
    assert next(block.reason for block in result.results) == f"expected: {expect}; it came to its end"


@pytest.mark.parametrize(
    ("source", "expect"),
    [
        ("import sys; sys.exit(3)", "exit 3"),
        ("import os; os._exit(3)", "exit 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", "signal SIGSEGV"),
    ],
)
def test_an_announced_exit_or_signal_passes_and_the_next_group_runs(source: str, expect: str) -> None:
    assert outcomes(run(source, expect)) == {"page.md:5": "passed", "page.md:50": "passed"}


def test_another_exit_code_fails_and_names_both() -> None:
    result = run("import os; os._exit(4)", "exit 3")
    assert "exited with code 4" in result.problem
    assert "expected: exit 3" in result.problem


def test_a_block_behind_an_expected_end_of_its_group_is_an_error() -> None:
    result = run("import sys; sys.exit(3)", "exit 3", later="y = 1")
    assert outcomes(result) == {"page.md:5": "passed", "page.md:30": "failed", "page.md:50": "passed"}
    assert "stands behind page.md:5" in next(block.reason for block in result.results if block.id == "page.md:30")


LEAKS = {
    "thread": THREADING + "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "executor": "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\npool.submit(int)",
    "task": ASYNCIO + "async def main(): asyncio.create_task(asyncio.sleep(9))\nasyncio.run(main())",
    "process": "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=-1)",
    "coroutine": "async def ask(): pass\nask()",
    "exception": THREADING + "thread = threading.Thread(target=lambda: 1 / 0)\nthread.start(); thread.join()",
    "resource": "import socket\ndef leave(): socket.socket()\nleave()",
}


@pytest.mark.parametrize("kind", LEAKS)
def test_what_a_block_leaves_behind_fails_it_at_the_line_that_made_it(kind: str) -> None:
    result = run(LEAKS[kind], None)
    leaks = [block for block in result.results if block.kind == "leak"]
    assert len(leaks) == 1, leaks
    assert leaks[0].reason.startswith(f"leaked {kind}: ")
    page, _, line = leaks[0].id.rpartition(":")
    assert page == "page.md"
    assert LINE <= int(line) <= LINE + 3


LOST = (
    "import asyncio, gc\n"
    "async def fail():\n    raise ValueError('x')\n"
    "async def wait():\n    await asyncio.get_running_loop().create_future()\n"
    "async def main():\n"
    "    task = asyncio.create_task({what}())\n    await asyncio.sleep(0)\n    del task\n    gc.collect()\n"
    "asyncio.run(main())"
)
MADE = {
    "a thread": ("import threading\nt = threading.Thread(target=threading.Event().wait)\n\nt.start()", 8, "Thread-1"),
    "a task exception": (LOST.replace("{what}", "fail"), 11, "Task exception was never retrieved"),
    "a task that waits": (LOST.replace("{what}", "wait"), 11, "Task was destroyed but it is pending!"),
    "a destructor": ("class A:\n    def __del__(self):\n        1 / 0\n\nA()", 7, "ignored: ZeroDivisionError"),
    "a temporary file": ("import tempfile\n\nfile = tempfile.TemporaryFile()\nfile = 1", 7, "unclosed file"),
    "a temporary file that is kept": ("import tempfile\n\nfile = tempfile.NamedTemporaryFile()\nx = 1", 7, "unclosed"),
    "a file that is kept": ("x = 1\nfile = open('a', 'w')\ny = 1", 6, "unclosed <_io.TextIOWrapper"),
    "a socket": ("import socket\nones = socket.socket()\ndel ones\nx = 1", 6, "unclosed <socket.socket"),
    "a socket that is kept": ("import socket\nones = socket.socket()\nx = 1", 6, "unclosed <socket.socket"),
    "a loop": ("import asyncio\nloop = asyncio.new_event_loop()\nloop = None", 6, "unclosed event loop"),
    "a loop that is kept": ("import asyncio\nloop = asyncio.new_event_loop()\nx = 1", 6, "unclosed event loop"),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_left_behind_is_told_once_with_the_line_that_made_it(name: str) -> None:
    source, line, what = MADE[name]
    leaks = [(block.id, what in block.reason) for block in run(source, None).results if block.kind == "leak"]
    assert leaks == [(f"page.md:{line}", True)]


def test_a_coroutine_that_the_names_of_a_group_hold_is_told_in_that_group() -> None:
    leaks = [block for block in run("async def ask(): pass\nkept = ask()", None).results if block.kind == "leak"]
    assert [(leak.id, leak.reason) for leak in leaks] == [
        ("page.md:5", "leaked coroutine: coroutine 'ask' was never awaited")
    ]


@pytest.mark.parametrize("kind", LEAKS)
def test_an_announced_leak_passes(kind: str) -> None:
    assert outcomes(run(LEAKS[kind], f"leak {kind}")) == {"page.md:5": "passed", "page.md:50": "passed"}


def test_an_announced_leak_that_does_not_come_fails() -> None:
    result = run("x = 1", "leak thread")
    assert result.results[0].reason == "it was to leak a thread, and leaked none"


def test_an_unretrieved_task_exception_is_a_leak() -> None:
    source = ASYNCIO + (
        "async def fail(): 1 / 0\n"
        "async def main():\n    task = asyncio.create_task(fail())\n    await asyncio.sleep(0)\n    del task\n"
        "asyncio.run(main())"
    )
    (leak,) = [block for block in run(source, None).results if block.kind == "leak"]
    assert leak.reason == "leaked exception: Task exception was never retrieved"


def test_what_a_page_catches_itself_is_no_leak() -> None:
    source = (
        "import contextlib, io, threading\n"
        "with contextlib.redirect_stderr(io.StringIO()) as seen:\n"
        "    thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()\n"
        "assert 'ZeroDivisionError' in seen.getvalue()"
    )
    assert outcomes(run(source, None)) == {"page.md:5": "passed", "page.md:50": "passed"}
