"""Whatever a page does to its process, it is reported at its page and line, and the other pages go on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from concurrent_doctest import plan as plans
from concurrent_doctest import supervise, worker
from concurrent_doctest.builder import RUN
from concurrent_doctest.plan import Block, Document, Group, Plan
from tests.ext.processes import assert_gone
from tests.ext.scratch_project import ROOT

START = "fork"
"""How the pages of this module come to a process of their own; see :func:`start`."""


@pytest.fixture(scope="module", autouse=True, params=["fork", pytest.param("spawn", marks=pytest.mark.gate)])
def start(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run every test of this module by forking, and for the gate by starting new interpreters, too."""
    global START
    before, START = START, request.param
    yield
    START = before


LINE = 10
"""Where the faulty block stands on its page."""


def healthy(name: str) -> Document:
    """A page in which all is well."""
    blocks = (
        Block(f"{name}.md", 3, "testsetup", "import threading"),
        Block(f"{name}.md", 7, "doctest", ">>> threading.Lock().locked()\nFalse\n>>> 1\n1\n"),
        Block(f"{name}.md", 13, "testcode", "print('well')", outputs=(plans.Output(16, "well"),)),
    )
    return Document(name, f"{name}.md", (Group("default", blocks),), limit=60.0)


def faulty(*blocks: Block, clock: str = "real") -> Document:
    """A page with a sound block before and behind *blocks*, and a limit of one second."""
    around = (
        Block("fault.md", 3, "doctest", ">>> 'before'\n'before'\n"),
        *blocks,
        Block("fault.md", 80, "doctest", ">>> 'behind'\n'behind'\n"),
    )
    return Document("fault", "fault.md", (Group("default", around),), clock=clock, limit=1.0)


def prompts(source: str) -> Block:
    return Block("fault.md", LINE, "doctest", source)


def code(source: str) -> Block:
    return Block("fault.md", LINE, "testcode", source)


@dataclass(frozen=True, slots=True)
class Page:
    """The results of one page as the run wrote them."""

    data: dict[str, Any]

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """Results of blocks; what a page left behind is told apart from them."""
        return [result for result in self.data["results"] if result["kind"] != "leak"]

    def outcome(self, line: int) -> str:
        (found,) = {result["outcome"] for result in self.blocks if result["id"] == f"fault.md:{line}"}
        return str(found)

    @property
    def text(self) -> str:
        """All that is said of the page."""
        parts = [f"{result['id']}: {result['reason']}\n{result['report']}" for result in self.blocks]
        return "\n".join([*parts, self.data["problem"]])


def carry_out(
    folder: Path, documents: Iterable[Document], *, jobs: int = 2, strict: bool = False
) -> list[dict[str, Any]]:
    """Run *documents* as the builder does, and give their results."""
    plans.write(Plan(tuple(documents), strict=strict), folder / "plan.json")
    command = [sys.executable, "-c", RUN, str(ROOT / "source/_ext"), "plan.json", "results.json", "--jobs", str(jobs)]
    command += ["--start", START]
    done = subprocess.run(
        command, cwd=folder, check=False, timeout=60, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    documents_run = json.loads((folder / "results.json").read_text("utf-8"))["documents"]
    assert isinstance(documents_run, list)
    return documents_run


Triple = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
"""A page with its neighbours."""


def run_with_neighbours(
    folder: Path, documents: Mapping[str, Document], *, jobs: int = 2, strict: bool = False
) -> dict[str, Triple]:
    """Run each of *documents* between two healthy pages."""
    pages = [healthy("healthy-0")]
    for number, (name, document) in enumerate(documents.items(), 1):
        pages += [replace(document, name=name), healthy(f"healthy-{number}")]
    results = carry_out(folder, pages, jobs=jobs, strict=strict)
    assert [result["name"] for result in results] == [document.name for document in pages]
    return {
        name: (results[at], results[at + 1], results[at + 2])
        for at, name in zip(range(0, len(pages), 2), documents, strict=False)
    }


def judged(triple: Triple) -> Page:
    """The page in the middle; its neighbours must not have felt it."""
    before, fault, after = triple
    for neighbour in (before, after):
        name = neighbour["name"]
        assert (neighbour["passed"], neighbour["problem"], neighbour["output"]) == (True, "", "")
        assert [(result["id"], result["outcome"], result["tries"]) for result in neighbour["results"]] == [
            (f"{name}.md:3", "passed", 1),
            (f"{name}.md:7", "passed", 2),
            (f"{name}.md:13", "passed", 1),
        ]
    page = Page(fault)
    # What ran is complete, and each block is there once.
    assert page.outcome(3) == "passed"
    assert [result["id"] for result in page.blocks].count(f"fault.md:{LINE}") == 1
    assert [result["id"] for result in page.blocks].count("fault.md:80") == 1
    return page


def run_between_neighbours(folder: Path, document: Document) -> Page:
    return judged(run_with_neighbours(folder, {"fault": document})["fault"])


# -- Pages that never end -----------------------------------------------------------------------

TWO_LOCKS = """\
import threading
first, second = threading.Lock(), threading.Lock()
both_hold_one = threading.Barrier(2)
def take(mine, other):
    with mine:
        both_hold_one.wait()
        with other:
            print("never")
threads = [threading.Thread(target=take, args=pair) for pair in ((first, second), (second, first))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
CROSSED_ASYNCIO_LOCKS = """\
import asyncio
async def take(mine, other, met):
    async with mine:
        met.append(1)
        while len(met) < 2:
            await asyncio.sleep(0)
        async with other:
            print("never")
async def main():
    first, second, met = asyncio.Lock(), asyncio.Lock(), []
    await asyncio.gather(take(first, second, met), take(second, first, met))
asyncio.run(main())
"""
FUTURE = (
    "import asyncio\nasync def main():\n    await asyncio.get_running_loop().create_future()\nasyncio.run(main())\n"
)
INNER = """\
import asyncio
async def inner():
    await asyncio.Event().wait()
async def outer():
    await inner()
asyncio.run(outer())
"""
REGULAR_EXPRESSION = "import re\ntext = 'a' * 64 + 'b'\nre.match('(a+)+$', text)\n"


STUBBORN = """\
>>> import asyncio
>>> async def stubborn():
...     while True:
...         try:
...             await asyncio.Event().wait()
...         except asyncio.CancelledError:
...             pass
>>> task = asyncio.create_task(stubborn())
>>> await asyncio.sleep(0)
"""
HANGING_SETUP = Document(
    "fault",
    "fault.md",
    (
        Group("first", (Block("fault.md", 3, "doctest", ">>> 1\n1\n"),)),
        Group(
            "second",
            (
                Block("fault.md", LINE, "testsetup", "import threading\nthreading.Event().wait()\n"),
                Block("fault.md", 80, "doctest", ">>> 1\n1\n"),
            ),
        ),
    ),
    limit=1.0,
)
HANGS: dict[str, tuple[Block, list[str]]] = {
    "two locks": (code(TWO_LOCKS), ["fault.md:16 in take", "fault.md:22 in <module>"]),
    "event": (prompts(">>> import threading\n>>> threading.Event().wait()\n"), ["fault.md:11 in <module>"]),
    "future": (code(FUTURE), ["fault.md:12 in main", "fault.md:13 in <module>"]),
    "future at a prompt": (
        prompts(">>> import asyncio\n>>> await asyncio.get_running_loop().create_future()\n"),
        ["fault.md:11 in <module>"],
    ),
    "two asyncio locks": (code(CROSSED_ASYNCIO_LOCKS), ["fault.md:16 in take"]),
    "inner coroutine": (code(INNER), ["fault.md:12 in inner"]),
    "busy loop": (code("x = 0\nwhile True:\n    x += 1\n"), ["fault.md:1[12] in <module>"]),
    "regular expression": (code(REGULAR_EXPRESSION), [r"fault\.md:12 in <module>"]),
    "C code that holds the GIL": (
        code("# one call of C code\n\nsum(range(10**12))\n"),
        ["answered to nothing", "fault.md:12 in <module>"],
    ),
    "clean-up": (
        Block("fault.md", LINE, "testcleanup", "import threading\nthreading.Event().wait()\n"),
        ["fault.md:11 in <module>"],
    ),
}


HOLDERS = {
    "lock taken twice": (
        "import threading\nlock = threading.Lock()\nwith lock:\n    lock.acquire()",
        "thread MainThread, waiting for lock, held by itself since fault.md:12:",
    ),
    "lock of an object": (
        "import threading\n"
        "class Account:\n"
        "    def __init__(self):\n"
        "        self.lock = threading.Lock()\n"
        "    def close(self):\n"
        "        with self.lock:\n"
        "            with self.lock:\n"
        "                pass\n"
        "Account().close()",
        "thread MainThread, waiting for self.lock, held by itself since fault.md:15:",
    ),
    "reentrant lock": (
        "import threading\n"
        "lock = threading.RLock()\n"
        "done = threading.Event()\n"
        "def take():\n"
        "    lock.acquire()\n"
        "    taken.set()\n"
        "    done.wait()\n"
        "taken = threading.Event()\n"
        "threading.Thread(target=take, name='holder').start()\n"
        "taken.wait()\n"
        "with lock:\n"
        "    pass",
        "thread MainThread, waiting for lock, held by thread holder:",
    ),
    "lock that nobody seems to hold": (
        "import threading\nlocks = [threading.Lock()]\nlocks[0].acquire()\nlocks[0].acquire()",
        "thread MainThread, waiting for locks[0], whose holder is not seen:",
    ),
    "lock of a prompt": (
        ">>> import threading\n>>> lock = threading.Lock()\n>>> with lock:\n...     lock.acquire()\n",
        "thread MainThread, waiting for lock, held by itself since fault.md:12:",
    ),
}


@pytest.fixture(scope="module")
def hangs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Triple]:
    """All pages that hang, in one run, so that their limits pass side by side."""
    documents = {name: faulty(block) for name, (block, _) in HANGS.items()}
    documents |= {
        name: faulty(prompts(source) if source.startswith(">>>") else code(source))
        for name, (source, _) in HOLDERS.items()
    }
    documents |= {"stubborn task": faulty(prompts(STUBBORN)), "set-up": HANGING_SETUP}
    return run_with_neighbours(tmp_path_factory.mktemp("hangs"), documents, jobs=5)


@pytest.mark.parametrize("name", HANGS)
def test_a_hang_is_reported_at_its_line_when_the_limit_is_over(hangs: dict[str, Triple], name: str) -> None:
    block, stack = HANGS[name]
    page = judged(hangs[name])
    assert page.outcome(LINE) == "failed"
    assert page.data["problem"].startswith("did not end within 1 s in fault.md:10")
    for frame in stack:
        assert re.search(frame, page.text)
    if block.kind == "testcode":
        assert page.outcome(80) == "failed"
        assert "fault.md:80: did not run: see above" in page.text


def test_both_sides_of_a_deadlock_are_shown(hangs: dict[str, Triple]) -> None:
    for name in ("two locks", "two asyncio locks"):
        problem = judged(hangs[name]).data["problem"]
        assert problem.count("fault.md:16 in take") == 2


@pytest.mark.parametrize("name", ["two locks", "two asyncio locks"])
def test_a_deadlock_names_who_holds_which_lock_since_where(hangs: dict[str, Triple], name: str) -> None:
    kind = "task" if "asyncio" in name else "thread"
    found = re.findall(
        rf"^{kind} (\S+)(?: \(take\))?, waiting for other, held by {kind} (\S+)(?: \(take\))? since fault.md:(\d+):$",
        judged(hangs[name]).data["problem"],
        re.MULTILINE,
    )
    (one, holds_one, line), (other, holds_other, same_line) = found
    assert (holds_one, holds_other) == (other, one)
    assert line == same_line == ("14" if kind == "thread" else "12")


@pytest.mark.parametrize("name", HOLDERS)
def test_what_a_thread_waits_for_is_named_with_its_holder(hangs: dict[str, Triple], name: str) -> None:
    assert HOLDERS[name][1] in judged(hangs[name]).data["problem"]


def test_a_setup_that_hangs_is_reported_at_its_line(hangs: dict[str, Triple]) -> None:
    page = judged(hangs["set-up"])
    assert (page.outcome(LINE), page.outcome(80)) == ("failed", "failed")
    assert page.data["problem"].startswith("did not end within 1 s in fault.md:10")
    assert "fault.md:11 in <module>" in page.text


def test_a_task_that_refuses_its_end_is_reported_at_its_line(hangs: dict[str, Triple]) -> None:
    page = judged(hangs["stubborn task"])
    assert not page.data["passed"]
    assert "did not end within 1 s" in page.data["problem"]
    assert "fault.md:14 in stubborn" in page.text


@pytest.mark.parametrize("kind", ["doctest", "testcode", "testcleanup"])
def test_a_block_that_did_not_end_keeps_its_kind(tmp_path: Path, kind: str) -> None:
    source = "import os; os._exit(1)"
    block = Block("fault.md", LINE, kind, f">>> {source}" if kind == "doctest" else source)
    page = run_between_neighbours(tmp_path, faulty(block))
    assert [result["kind"] for result in page.blocks if result["id"] == f"fault.md:{LINE}"] == [kind]


def test_a_wait_that_nothing_ends_is_reported_at_once_on_the_virtual_clock(tmp_path: Path) -> None:
    page = run_between_neighbours(tmp_path, faulty(code(FUTURE), clock="virtual"))
    assert (page.outcome(LINE), page.outcome(80), page.data["problem"]) == ("failed", "passed", "")
    assert "VirtualDeadlock" in page.text
    assert 'File "fault.md", line 13' in page.text


# -- Pages that end too early -------------------------------------------------------------------


ENDS = {
    "exit 0": ("import os\nos._exit(0)", "exited with code 0 in fault.md:10"),
    "exit 7": ("import os\nos._exit(7)", "exited with code 7 in fault.md:10"),
    "segfault": (
        "import ctypes\nctypes.string_at(0)",
        "(?s)died of SIGSEGV in fault.md:10.*fault.md:11 in <module>",
    ),
    "abort": ("import os\nos.abort()", "(?s)died of SIGABRT in fault.md:10.*fault.md:11 in <module>"),
    "kill": ("import os\nos.kill(os.getpid(), 9)", "died of SIGKILL in fault.md:10"),
    "kill the group": ("import os\nos.killpg(0, 15)", "died of SIGTERM in fault.md:10"),
}


def at_prompts(source: str) -> Block:
    return prompts("".join(f">>> {line}\n" for line in source.splitlines()))


@pytest.fixture(scope="module", params=[code, at_prompts], ids=["testcode", "doctest"])
def ends(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Triple]:
    """All pages that end their process, in one run."""
    documents = {name: faulty(request.param(source)) for name, (source, _) in ENDS.items()}
    return run_with_neighbours(tmp_path_factory.mktemp("ends"), documents)


@pytest.mark.parametrize("name", ENDS)
def test_the_end_of_the_process_is_reported_at_its_line(ends: dict[str, Triple], name: str) -> None:
    page = judged(ends[name])
    assert re.match(ENDS[name][1], page.data["problem"])
    assert (page.outcome(LINE), page.outcome(80)) == ("failed", "failed")
    assert "fault.md:80: did not run: see above" in page.text


def test_a_page_that_closes_all_files_is_reported_at_its_line(tmp_path: Path) -> None:
    page = run_between_neighbours(tmp_path, faulty(code("import os\nos.closerange(0, 256)\nwhile True: pass")))
    assert (page.outcome(LINE), page.outcome(80)) == ("failed", "failed")
    assert "in fault.md:10" in page.data["problem"]


@pytest.mark.parametrize("junk", ["junk", "[]"])
def test_a_page_that_writes_into_every_open_file_harms_only_itself(tmp_path: Path, junk: str) -> None:
    source = f"""\
import contextlib, os
for descriptor in range(3, 64):
    with contextlib.suppress(OSError):
        os.write(descriptor, {junk!r}.encode() + b"\\n")
os._exit(0)
"""
    page = run_between_neighbours(tmp_path, faulty(code(source)))
    assert page.outcome(LINE) == "failed"
    assert "in fault.md:10" in page.data["problem"]


# -- Pages that fail, and go on -----------------------------------------------------------------

FILL = "import os\nfor _ in range(1600):\n    os.write(1, b'x' * 2**16)\n"
HOARD = "hoard = []\nwhile True:\n    hoard.append(bytes(2**28))\n"
"""Memory that is never touched: the limit is on addresses, and the machine is not burdened."""


ERRORS = {
    "sys.exit": (code("import sys\nsys.exit()"), "SystemExit", 11),
    "interrupt": (code("x = 1\nraise KeyboardInterrupt"), "KeyboardInterrupt", 11),
    "interrupt at a prompt": (prompts(">>> x = 1\n>>> raise KeyboardInterrupt"), "KeyboardInterrupt", 11),
    "input": (code("x = 1\ninput()"), "EOFError", 11),
    "memory": (code(HOARD), "MemoryError", 12),
    "output to descriptor 1": (code(FILL), "OSError: .*File too large", 12),
    "output to descriptor 2": (code(FILL.replace("(1,", "(2,")), "OSError: .*File too large", 12),
    "recursion": (code("def f():\n    f()\nf()"), "RecursionError", 11),
}


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Triple]:
    """All pages whose fault is an exception, in one run."""
    documents = {name: faulty(block) for name, (block, _, _) in ERRORS.items()}
    return run_with_neighbours(tmp_path_factory.mktemp("errors"), documents)


@pytest.mark.parametrize("name", ERRORS)
def test_a_fault_that_python_can_raise_fails_its_block_only(errors: dict[str, Triple], name: str) -> None:
    _, error, line = ERRORS[name]
    page = judged(errors[name])
    assert (page.outcome(LINE), page.outcome(80), page.data["problem"]) == ("failed", "passed", "")
    assert re.search(error, page.text)
    assert f'File "fault.md", line {line}, in' in page.text
    assert len(json.dumps(page.data)) < 200_000


def test_standard_input_is_empty(tmp_path: Path) -> None:
    source = ">>> import os, sys\n>>> sys.stdin.read()\n''\n>>> os.read(0, 1)\nb''\n"
    assert run_between_neighbours(tmp_path, faulty(prompts(source))).data["passed"]


def test_a_hundred_megabytes_printed_fail_with_a_report_of_readable_size(tmp_path: Path) -> None:
    block = code("x = 1\nfor _ in range(100):\n    print('x' * 1_000_000)\n")
    page = run_between_neighbours(tmp_path, replace(faulty(block), limit=10.0))
    assert (page.outcome(LINE), page.outcome(80), page.data["problem"]) == ("failed", "passed", "")
    assert "Got:" in page.text
    assert len(json.dumps(page.data)) < 200_000


def test_a_failing_setup_is_reported_at_its_line_and_its_group_does_not_run(tmp_path: Path) -> None:
    blocks = (
        Block("fault.md", LINE, "testsetup", "x = 1\nimport this_module_is_not_there\n"),
        Block("fault.md", 80, "doctest", ">>> 1\n1\n"),
    )
    sound = Group("sound", (Block("fault.md", 3, "doctest", ">>> 1\n1\n"),))
    document = Document("fault", "fault.md", (Group("default", blocks), sound), limit=1.0)
    page = run_between_neighbours(tmp_path, document)
    assert (page.outcome(LINE), page.outcome(80), page.data["problem"]) == ("failed", "failed", "")
    assert 'File "fault.md", line 11, in <module>' in page.text
    assert "ModuleNotFoundError" in page.text
    assert "fault.md:80: its set-up failed" in page.text


# -- Pages that are well, however odd -----------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import atexit, threading\natexit.register(threading.Event().wait)", id="atexit"),
        pytest.param(
            "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()", id="daemon"
        ),
        pytest.param("import threading\nthreading.Thread(target=threading.Event().wait).start()", id="thread"),
        pytest.param("import sys\nsys.stdout = None", id="no stdout"),
    ],
)
def test_what_a_page_leaves_behind_does_not_hold_it_up(tmp_path: Path, source: str) -> None:
    page = run_between_neighbours(tmp_path, faulty(code(source)))
    assert (page.outcome(LINE), page.outcome(80), page.data["problem"]) == ("passed", "passed", "")


CHILD_PRINTS = "import subprocess, sys\n_ = subprocess.run([sys.executable, '-c', 'print(42)'], check=True)"


def test_the_output_of_a_child_process_is_shown_apart_from_that_of_its_block(tmp_path: Path) -> None:
    page = run_between_neighbours(tmp_path, replace(faulty(code(CHILD_PRINTS)), limit=20.0))
    assert page.data["passed"]
    assert page.data["output"] == "42\n"


def test_a_loop_in_the_loop_of_the_prompts_fails_at_its_line(tmp_path: Path) -> None:
    source = ">>> import asyncio\n>>> await asyncio.sleep(0)\n>>> asyncio.run(asyncio.sleep(0))\n"
    page = run_between_neighbours(tmp_path, faulty(prompts(source)))
    assert (page.outcome(LINE), page.outcome(80), page.data["problem"]) == ("failed", "passed", "")
    assert 'File "fault.md", line 12, in' in page.text
    assert "asyncio.run() cannot be called from a running event loop" in page.text


MAIN = "import asyncio\nasync def ask():\n    {ask}\nasync def main():\n    {main}\nasyncio.run(main())"
LEAKS = {
    "thread": ("import threading\nthreading.Thread(target=threading.Event().wait).start()", "thread"),
    "daemon": (
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
        "thread: daemon",
    ),
    "task": (MAIN.format(ask="await asyncio.sleep(60)", main="asyncio.create_task(ask())"), "task"),
    "executor": (
        # Kept: the thread of a pool that nobody holds ends soon.
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1); _ = pool.submit(int)",
        "executor",
    ),
    "child process": ("import subprocess, sys\nchild = subprocess.Popen(['sleep', '600'])", "process"),
    "socket": ("import socket\nasked = socket.socket()", "resource"),
    "temporary file": ("import tempfile\nlabel = tempfile.NamedTemporaryFile()", "resource"),
    "coroutine": ("async def ask(): pass\nask()", "coroutine"),
    "task exception": (
        MAIN.format(ask="1 / 0", main="asyncio.create_task(ask()); await asyncio.sleep(0)"),
        "exception: Task exception was never retrieved",
    ),
    "thread exception": (
        "import threading\nfailing = threading.Thread(target=lambda: 1 / 0); failing.start(); failing.join()",
        "exception: in a thread: ZeroDivisionError",
    ),
}


@pytest.fixture(scope="module")
def leaks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Triple]:
    """All pages that leave something behind, in one run under strict rules."""
    documents = {name: replace(faulty(code(source)), limit=20.0) for name, (source, _) in LEAKS.items()}
    return run_with_neighbours(tmp_path_factory.mktemp("leaks"), documents, strict=True)


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_fails_its_page_at_the_line_that_made_it(leaks: dict[str, Triple], name: str) -> None:
    page = judged(leaks[name])
    source, what = LEAKS[name]
    line = LINE + (4 if source.startswith("import asyncio") else 1)
    told = [(result["id"], result["reason"]) for result in page.data["results"] if result["kind"] == "leak"]
    assert [(place, reason.startswith(f"leaked {what}")) for place, reason in told] == [(f"fault.md:{line}", True)], (
        told
    )
    assert (page.outcome(80), page.data["passed"]) == ("passed", False)


def test_bytes_that_are_no_text_are_shown_as_escapes(tmp_path: Path) -> None:
    source = r"import os; _ = os.write(1, b'\xff\xfe caf\xc3\xa9\n')"
    page = run_between_neighbours(tmp_path, faulty(code(source)))
    assert page.data["passed"]
    assert page.data["output"] == "\\xff\\xfe café\n"


CHANGES = """\
import os, signal, sys, threading, warnings
os.environ.clear()
os.environ["CHANGED"] = "yes"
os.mkdir("left"); os.chdir("left")
sys.path[:] = ["/changed"]
sys.argv[:] = ["changed"]
sys.modules["json"] = None
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
warnings.simplefilter("error")
sys.setswitchinterval(0.5)
sys.setrecursionlimit(5000)
threading.stack_size(2**20)
os.umask(0)
"""
LOOK = """\
import os, signal, sys, threading, warnings
own = ("CONCURRENT_DOCTEST", "TMPDIR")  # each page has a folder of its own
environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
umask = os.umask(0o77)
os.umask(umask)
state = [
    sorted(environment.items()), sorted(os.listdir()), sys.path, sys.argv, sys.modules.get("json") is None,
    signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT), signal.pthread_sigmask(0, set()),
    [str(line[:3]) for line in warnings.filters], sys.getswitchinterval(), sys.getrecursionlimit(),
    threading.stack_size(), umask,
]
os.chdir("/")
_ = os.write(1, "\\n".join(map(repr, state)).encode())
"""


def test_nothing_that_a_page_changes_reaches_the_next_one(tmp_path: Path) -> None:
    def page(name: str, *sources: str) -> Document:
        blocks = [Block(f"{name}.md", 10 + 20 * i, "testcode", source) for i, source in enumerate(sources)]
        return Document(name, f"{name}.md", (Group("default", tuple(blocks)),), limit=60.0)

    pages = [page("before", LOOK), page("changes", CHANGES, LOOK), page("after", LOOK)]
    before, changes, after = carry_out(tmp_path, pages, jobs=1)
    assert [document["passed"] for document in (before, changes, after)] == [True, True, True]
    states = [document["output"].splitlines() for document in (before, changes, after)]
    assert states[2] == states[0]
    assert len(states[0]) == 13
    # Each of the changes can be seen, or the comparison above says nothing.
    assert [number for number in range(13) if states[0][number] == states[1][number]] == [1]


# -- Processes that a page starts ---------------------------------------------------------------

FORK = """\
import os, signal
ready, tell = os.pipe()
pid = os.fork()
if not pid:
    {do}
    os.write(tell, b"!")
    while True:
        signal.pause()
_ = os.read(ready, 1)
with open({file!r}, "w") as file:
    _ = file.write(str(pid))
"""
CHILD = """\
import subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"],
    stdout=subprocess.PIPE, {more})
_ = child.stdout.readline()
with open({file!r}, "w") as file:
    _ = file.write(str(child.pid))
"""


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(FORK.replace("{do}", "pass"), id="fork"),
        pytest.param(FORK.replace("{do}", "os.setsid()"), id="fork in a new session"),
        pytest.param(CHILD.replace("{more}", ""), id="child"),
        pytest.param(CHILD.replace("{more}", "start_new_session=True"), id="child in a new session"),
        pytest.param(
            CHILD.replace("{more}", "start_new_session=True, env={}"), id="child in a new session, no environment"
        ),
    ],
)
def test_a_process_that_never_ends_is_gone_with_its_page_and_does_not_hold_it_up(tmp_path: Path, source: str) -> None:
    file = tmp_path / "pid"
    page = run_between_neighbours(tmp_path, faulty(code(source.replace("{file!r}", repr(str(file))))))
    assert_gone(int(file.read_text("utf-8")))
    assert (page.outcome(LINE), page.outcome(80), page.data["problem"]) == ("passed", "passed", "")


def test_the_temporary_files_of_a_page_are_gone_however_it_ended(tmp_path: Path) -> None:
    told = tmp_path / "told"
    source = (
        "import os, subprocess, sys, tempfile\n"
        "child = [sys.executable, '-c', 'import tempfile; print(tempfile.mkdtemp())']\n"
        f"with open({str(told)!r}, 'w') as file:\n"
        "    print(tempfile.mkdtemp(), file=file, flush=True)\n"
        "    subprocess.run(child, stdout=file)\n"
        "os._exit(1)\n"
    )
    page = run_between_neighbours(tmp_path, replace(faulty(code(source)), limit=30.0))
    assert page.outcome(LINE) == "failed"
    made = [Path(line) for line in told.read_text("utf-8").split()]
    assert len(made) == 2
    assert not any(path.exists() or path.parent.exists() for path in made)


def test_the_children_of_a_page_that_hangs_are_gone(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    source = CHILD.replace("{more}", "start_new_session=True").replace("{file!r}", repr(str(file)))
    page = run_between_neighbours(tmp_path, faulty(code(source + "child.wait()\n")))
    assert_gone(int(file.read_text("utf-8")))
    assert page.data["problem"].startswith("did not end within 1 s in fault.md:10")


@pytest.mark.parametrize("waits", [True, False], ids=["waited for", "left alone"])
def test_a_forked_child_that_returns_into_the_page_reports_nothing(tmp_path: Path, waits: bool) -> None:
    wait = "if pid:\n    _ = os.waitpid(pid, 0)\n" if waits else ""
    page = run_between_neighbours(tmp_path, faulty(code(f"import os\npid = os.fork()\n{wait}")))
    assert [result["id"] for result in page.blocks] == ["fault.md:3", "fault.md:10", "fault.md:80"]
    assert page.data["problem"] == ""


def test_a_process_of_another_run_is_left_alone(tmp_path: Path) -> None:
    environment = os.environ | {worker.ENVIRONMENT: "fault"}
    with subprocess.Popen([sys.executable, "-c", "input()"], env=environment, stdin=subprocess.PIPE) as other:
        carry_out(tmp_path, [faulty()])
        other.communicate(b"\n")
    assert other.returncode == 0


# -- Order --------------------------------------------------------------------------------------


def test_results_are_in_the_order_of_the_plan_whatever_ends_first(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "meet")

    def page(name: str, source: str) -> Document:
        return Document(name, f"{name}.md", (Group("default", (Block(f"{name}.md", 1, "testcode", source),)),))

    # The first page waits for the third, which starts when the second has ended.
    documents = (
        page("first", f"open({str(tmp_path / 'meet')!r}).close()"),
        page("second", "pass"),
        page("third", f"open({str(tmp_path / 'meet')!r}, 'w').close()"),
    )
    ended: list[str] = []
    results = supervise.run(Plan(documents), jobs=2, progress=lambda result: ended.append(result.name))
    assert [result.name for result in results] == ["first", "second", "third"]
    assert ended[0] == "second"
    assert all(result.passed for result in results)
