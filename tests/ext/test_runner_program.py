"""A page shows a program, and what it says of the program is what the program does."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from concurrent_doctest import program, regions
from concurrent_doctest.execute import run_document
from concurrent_doctest.plan import Block, Document, Group, Output, Plan, PlanError, Program, read, to_json, write
from tests.ext.processes import assert_gone
from tests.ext.scratch_project import Built, Scratch

pytestmark = pytest.mark.gate  # many whole builds: minutes

LIMIT = 60.0
"""Seconds: more than any of these programs needs on the busiest machine."""

HANGING = "import threading\nprint('begun')\nthreading.Event().wait()\n"
CROSSED = """\
import asyncio, threading


async def take(mine, other, met):
    async with mine:
        await met.wait()
        async with other:
            print("never")


async def main():
    threading.Thread(target=threading.Event().wait, args=(600,), name="helper", daemon=True).start()
    first, second, met = asyncio.Lock(), asyncio.Lock(), asyncio.Barrier(2)
    async with asyncio.TaskGroup() as group:
        group.create_task(take(first, second, met), name="one")
        group.create_task(take(second, first, met), name="two")


asyncio.run(main())
"""
DRAINING = """\
import logging, signal, sys
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))
print("starting")
logging.warning("listening on port %d", 4711)
print("serving")
while True:
    signal.pause()
"""
STARTS_ANOTHER = """\
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"],
                         stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid)
"""


def run(root: Path, source: str, *args: str, limit: float = LIMIT, **more: Any) -> program.Ended:
    """Run *source* as ``examples/topic/name.py`` below *root*."""
    file = root / "examples/topic/name.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, "utf-8")
    return program.run(Program("examples/topic/name.py", args, **more), [str(root)], limit)


# -- Running, without Sphinx ---------------------------------------------------------------------


def test_a_program_gets_its_arguments_and_ends_with_what_it_wrote(tmp_path: Path) -> None:
    ended = run(tmp_path, "import sys\nprint(sys.argv[1:])\nprint('e', file=sys.stderr)\nsys.exit(3)", "a b", "*")
    assert ended == program.Ended(3, "['a b', '*']\n", "e\n")


def test_a_program_imports_as_a_module_of_its_project(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/shared.py").write_text("answer = 42\n", "utf-8")
    ended = run(tmp_path, "from ..shared import answer\nprint(__name__, __package__, answer)")
    assert (ended.exit_code, ended.stdout) == (0, "__main__ examples.topic 42\n"), ended.stderr


def test_a_file_whose_path_makes_no_module_runs_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "part-1").mkdir()
    (tmp_path / "part-1/shared.py").write_text("answer = 42\n", "utf-8")
    (tmp_path / "part-1/name.py").write_text("from shared import answer\nprint(answer)\n", "utf-8")
    for path, root in (("part-1/name.py", [str(tmp_path)]), (str(tmp_path / "part-1/name.py"), [])):
        assert program.run(Program(path), root, LIMIT) == program.Ended(0, "42\n")


def test_a_death_by_signal_has_the_exit_code_that_a_shell_shows(tmp_path: Path) -> None:
    ended = run(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert (ended.exit_code, ended.problem) == (137, "")


@pytest.mark.parametrize(
    ("more", "printed"),
    [
        pytest.param({}, "starting\n", id="first line"),
        pytest.param({"signal_after": "port"}, "starting\n", id="a line on stderr"),
        pytest.param({"signal_after": "serving"}, "starting\nserving\n", id="a line on stdout"),
    ],
)
def test_a_signal_is_sent_at_its_line(tmp_path: Path, more: dict[str, Any], printed: str) -> None:
    ended = run(tmp_path, DRAINING, signal="SIGTERM", **more)
    assert (ended.exit_code, ended.problem) == (7, "")
    assert ended.stdout.startswith(printed)


def test_a_signal_goes_out_only_when_its_line_is_complete(tmp_path: Path) -> None:
    source = "import signal, sys\nsignal.pthread_sigmask(signal.SIG_BLOCK, [15])\nsys.stdout.write('half, ')\n"
    source += "print(signal.sigtimedwait([15], 0.5))\nprint(signal.sigwait([15]))"
    ended = run(tmp_path, source, signal="SIGTERM")
    assert ended.stdout == "half, None\n15\n"


def test_a_program_that_ends_before_its_signal_says_so(tmp_path: Path) -> None:
    ended = run(tmp_path, "print('hello')", signal="SIGTERM", signal_after="serving")
    assert ended.exit_code == 0
    assert ended.problem == "SIGTERM was never sent, because it did not print a line with 'serving'"


def test_a_program_that_hangs_is_stopped_and_shows_where_it_stood(tmp_path: Path) -> None:
    ended = run(tmp_path, HANGING, limit=3)
    assert (ended.exit_code, ended.problem) == (None, "did not end within 3 s")
    assert ended.stdout == "begun\n"
    assert f"thread MainThread:\n  {tmp_path}/examples/topic/name.py:3 in <module>\n" in ended.stderr


def test_a_program_that_hangs_tells_what_each_thread_and_each_task_waits_for(tmp_path: Path) -> None:
    ended = run(tmp_path, CROSSED, limit=3)
    assert (ended.exit_code, ended.problem) == (None, "did not end within 3 s")
    file = tmp_path / "examples/topic/name.py"
    for task, other in (("one", "two"), ("two", "one")):
        waits = f"task {task}, waiting for other, held by task {other} since {file}:5:\n  {file}:7 in take\n"
        assert waits in ended.stderr
    assert re.search(rf"task Task-1, waiting for <Future pending .*>:\n  {file}:14 in main\n", ended.stderr)
    assert f"thread MainThread:\n  {file}:19 in <module>\n" in ended.stderr
    assert "thread helper, with a time limit:\n" in ended.stderr


def test_a_program_that_cannot_answer_shows_its_stacks_all_the_same(tmp_path: Path) -> None:
    ended = run(tmp_path, "# one call of C code\nsum(range(10**12))\n", limit=1)
    assert ended.problem == "did not end within 1 s"
    assert re.search(r'name\.py", line 2 in <module>', ended.stderr)


def test_a_program_sees_nothing_of_what_makes_it_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden/sitecustomize.py").write_text("print('imported')\n", "utf-8")
    look = "import os, sys\nprint(sys.argv[1:], [path for path in sys.path if 'hook' in path])\n"
    look += "print(sorted(name for name in os.environ if 'DOCTEST' in name), os.environ['PYTHONPATH'])\n"
    look += "import sitecustomize\nprint(sitecustomize.__file__)\n"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hidden"))
    ended = run(tmp_path, look, "x")
    path = f"{tmp_path}:{tmp_path}/hidden"
    assert ended == program.Ended(0, f"imported\n['x'] []\n[] {path}\n{tmp_path}/hidden/sitecustomize.py\n")


def test_a_hang_tells_that_its_signal_was_not_sent(tmp_path: Path) -> None:
    ended = run(tmp_path, HANGING, limit=1, signal="SIGTERM", signal_after="serving")
    assert ended.problem.startswith("did not end within 1 s; SIGTERM was never sent")


def test_a_program_deaf_to_everything_is_killed_with_what_it_started(tmp_path: Path) -> None:
    deaf = "import signal\nfor number in (6, 15): signal.signal(number, signal.SIG_IGN)\n"
    ended = run(tmp_path, deaf + STARTS_ANOTHER + "child.wait()\n", limit=4)
    assert ended.problem == "did not end within 4 s"
    assert_gone(int(ended.stdout))


def test_processes_that_outlive_a_program_are_told_and_killed(tmp_path: Path) -> None:
    ended = run(tmp_path, STARTS_ANOTHER)
    assert (ended.exit_code, ended.problem, ended.left) == (0, "", True)
    assert_gone(int(ended.stdout))


def test_helpers_that_end_with_their_program_are_nothing_left(tmp_path: Path) -> None:
    source = "import multiprocessing\nif __name__ == '__main__':\n"
    source += "    context = multiprocessing.get_context('spawn')\n    lock = context.Lock()\n"
    source += "    child = context.Process(target=print, args=('child',))\n    child.start()\n    child.join()\n"
    assert run(tmp_path, source) == program.Ended(0, "child\n")


def test_output_without_end_is_stopped(tmp_path: Path) -> None:
    ended = run(tmp_path, "while True: print('x' * 1000)")
    assert ended.exit_code is None
    assert ended.problem.startswith(f"wrote more than {program.OUTPUT} bytes")


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    ended = program.run(Program("examples/nope.py"), [str(tmp_path)], LIMIT)
    assert ended.problem == f"there is no file {tmp_path / 'examples/nope.py'}"


# -- Blocks, without Sphinx ----------------------------------------------------------------------


def results(root: Path, source: str, *outputs: Output, limit: float = LIMIT, **more: Any) -> list[dict[str, Any]]:
    """The results of a document with one program."""
    clock, strict = more.pop("clock", "real"), more.pop("strict", True)
    (root / "examples").mkdir()
    (root / "examples/name.py").write_text(source, "utf-8")
    block = Block(
        "page.md", 5, "program", "examples/name.py", outputs=outputs, program=Program("examples/name.py", **more)
    )
    document = Document("page", "page.md", (Group("default", (block,)),), clock=clock, limit=limit)
    found: list[dict[str, Any]] = []
    plan = Plan((document,), path=(str(root),), strict=strict)
    run_document(document, plan, lambda event, data: found.append(data) if event == "end" else None)
    return found


def outcome(root: Path, source: str, *outputs: Output, **more: Any) -> tuple[str, str, str]:
    """How the one block ended: outcome, reason and report."""
    (found,) = results(root, source, *outputs, **more)
    assert (found["id"], found["kind"], found["tries"]) == ("page.md:5", "program", 1)
    return found["outcome"], found["reason"], found["report"]


def test_a_block_passes_with_the_output_that_it_expects(tmp_path: Path) -> None:
    source = "import sys\nprint('b\\na')\nprint('late 12 s', file=sys.stderr)\nsys.exit(2)"
    outputs = [
        Output(9, "a\nb", flags={"UNORDERED": True}),
        Output(14, "late ... s", flags={"ELLIPSIS": True}, stream="stderr"),
    ]
    assert outcome(tmp_path, source, *outputs, exit_code=2) == ("passed", "", "")


def test_a_wrong_exit_code_brings_what_the_program_said(tmp_path: Path) -> None:
    result, reason, report = outcome(tmp_path, "print('out')\n1 / 0", Output(9, "out"))
    assert (result, reason) == ("failed", "exit code 1, expected 0")
    assert report.startswith('File "page.md", line 5, program examples/name.py\nExit code: 1, expected 0\n')
    assert "ZeroDivisionError: division by zero" in report


def test_wrong_output_is_shown_at_the_line_of_the_expected_one(tmp_path: Path) -> None:
    source = "import sys\nprint('out')\nprint('err', file=sys.stderr)"
    result, reason, report = outcome(tmp_path, source, Output(9, "other"), Output(14, "more", stream="stderr"))
    assert (result, reason) == ("failed", "stdout differs; stderr differs")
    assert "Exit code: 0, expected 0" in report
    assert "line 9, stdout of page.md:5\nExpected:\n    other\nGot:\n    out\n" in report
    assert "line 14, stderr of page.md:5\nExpected:\n    more\nGot:\n    err\n" in report


def test_output_that_nobody_expects_fails_as_it_does_for_a_testcode(tmp_path: Path) -> None:
    assert outcome(tmp_path, "print('surprise')")[:2] == ("failed", "stdout differs")


def test_a_program_on_a_virtual_page_runs_in_real_time(tmp_path: Path) -> None:
    source = "import time\nbegun = time.monotonic()\ntime.sleep(0.01)\nprint(time.monotonic() - begun >= 0.01)"
    assert outcome(tmp_path, source, Output(9, "True"), clock="virtual") == ("passed", "", "")


@pytest.mark.parametrize(("strict", "expected"), [(True, "failed"), (False, "warned")])
def test_what_outlives_a_program_is_a_leak(tmp_path: Path, strict: bool, expected: str) -> None:
    leak, block = results(tmp_path, STARTS_ANOTHER, Output(9, "...", flags={"ELLIPSIS": True}), strict=strict)
    assert (leak["id"], leak["kind"], leak["outcome"]) == ("page.md:5", "leak", expected)
    assert "ended before processes that it started" in leak["reason"]
    assert block["outcome"] == "passed"


def test_a_plan_with_a_program_is_read_as_it_was_written(tmp_path: Path) -> None:
    runs = Program("examples/name.py", ("a b",), signal="SIGTERM", signal_after="up", exit_code=143)
    block = Block("page.md", 5, "program", "examples/name.py", program=runs)
    plan = Plan((Document("page", "page.md", (Group("default", (block,)),)),))
    write(plan, tmp_path / "plan.json")
    assert read(tmp_path / "plan.json") == plan
    content = to_json(plan)
    content["documents"][0]["groups"][0]["blocks"][0]["program"] = None
    (tmp_path / "plan.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(PlanError, match=r"page\.md:5: a program without 'program'"):
        read(tmp_path / "plan.json")


# -- Regions -------------------------------------------------------------------------------------

MARKED = """\
import a


# region class
class A:
    x = 1

    # region method
    def f(self):
        return 1

    # endregion method


# endregion class


print(A)
"""


@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("method", "def f(self):\n    return 1"),
        ("class", "class A:\n    x = 1\n\n    def f(self):\n        return 1"),
        (None, "import a\n\n\nclass A:\n    x = 1\n\n    def f(self):\n        return 1\n\n\nprint(A)"),
    ],
)
def test_a_region_is_shown_at_the_left_edge_without_markers(region: str | None, text: str) -> None:
    assert regions.shown(MARKED, region) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "it has no line '# region r'"),
        ("# region r\nx = 1\n", "it has no line '# endregion r'"),
        ("# region r2\n# endregion r2\n", "it has no line '# region r'"),
        ("# endregion r\nx = 1\n# region r\n", "'# endregion r' (line 1) stands before '# region r'"),
        ("# region r\n# region r\n# endregion r\n", "it has '# region r' more than once: lines 1, 2"),
        ("# region r\n\n# endregion r\n", "the region 'r' is empty"),
    ],
)
def test_a_lost_marker_is_named(text: str, message: str) -> None:
    with pytest.raises(regions.LostMarker, match=re.escape(message)):
        regions.shown(text, "r")


# -- Pages ---------------------------------------------------------------------------------------

SHOP = """\
import sys

# region order
def order(parcel):
    print("ordered", parcel)
# endregion order


if __name__ == "__main__":
    order(sys.argv[1])
    print("1 parcel", file=sys.stderr)
"""
GOOD = """\
# Shop

```{program} examples/quotes/shop.py
:region: order
:args: "'two words'"
```

```{testoutput}
ordered two words
```

```{testoutput}
:stream: stderr
1 parcel
```

```{program} examples/quotes/drain.py
:signal: SIGTERM
:signal-after: serving
:exit: 7
```

```{testoutput}
starting
serving
```

```{program} examples/quotes/shop.py
:no-run:
```
"""

Make = Callable[..., Scratch]


def project(scratch: Make, **pages: str) -> Scratch:
    """A project with two programs and these pages."""
    made = scratch(**pages)
    folder = made.folder / "lib/examples/quotes"
    folder.mkdir(parents=True)
    (folder / "shop.py").write_text(SHOP, "utf-8")
    (folder / "drain.py").write_text(DRAINING, "utf-8")
    (folder / "hang.py").write_text(HANGING, "utf-8")
    return made


def build(made: Scratch, builder: str = "doctest") -> Built:
    root = str(made.folder / "lib")
    return made.build(
        builder,
        extensions=["myst_parser", "concurrent_doctest"],
        myst_enable_extensions=["colon_fence"],
        doctest_path=[root],
        concurrent_doctest_strict=True,
    )


def outcomes(built: Built) -> list[tuple[str, str]]:
    content = json.loads(built.read("results.json"))
    found = [result for document in content["documents"] for result in document["results"]]
    return [(result["id"].rpartition("/")[2], result["outcome"]) for result in found]


def test_a_page_whose_programs_do_what_it_says_passes(scratch: Make) -> None:
    built = build(project(scratch, index=GOOD))
    assert (built.status, built.printed) == (0, "")
    assert outcomes(built) == [("index.md:3", "passed"), ("index.md:17", "passed")]
    assert "    2 tests\n    0 failures in tests\n" in built.read("output.txt")
    assert built.read("junit.xml").count("<testcase ") == 2


def test_a_reader_sees_the_region_with_the_path_of_its_file(scratch: Make) -> None:
    made = project(scratch, index=GOOD)
    built = build(made, "html")
    assert (built.status, built.printed) == (0, "")
    text = re.sub(r"<[^>]+>", "", built.read("index.html"))
    captions = re.findall(r"examples/quotes/\w+\.py", text)
    assert captions == [f"examples/quotes/{name}.py" for name in ("shop", "drain", "shop")]
    first = text[text.index(captions[0]) : text.index(captions[1])]
    assert "def order(parcel):" in first
    assert "import sys" not in first
    assert "# region" not in text
    assert 'class="highlight-python' in built.read("index.html")


def test_a_changed_file_makes_its_page_outdated(scratch: Make) -> None:
    made = project(scratch, index=GOOD)
    build(made, "html")
    file = made.folder / "lib/examples/quotes/shop.py"
    file.write_text(SHOP.replace("ordered", "booked"), "utf-8")
    later = file.stat().st_mtime_ns + 10**9
    os.utime(file, ns=(later, later))
    assert "booked" in build(made, "html").read("index.html")


BAD = {
    "wrong_output": (":args: x\n", "ordered y", "stdout differs"),
    "wrong_exit": (":args: x\n:exit: 4\n", "ordered x", "exit code 0, expected 4"),
    "no_argument": ("", "ordered x", "exit code 1, expected 0; stdout differs"),
    "lost_marker": (":region: prder\n", "", "examples/quotes/shop.py: it has no line '# region prder'"),
    "bad_signal": (":signal: SIGTREM\n", "", "':signal: SIGTREM' is no signal; write a name such as SIGTERM or SIGINT"),
    "bad_exit": (
        ":exit: 256\n",
        "",
        "':exit: 256' is no exit code; write 0 to 255, or 128 + N for a death by signal N",
    ),
    "bad_args": (":args: a 'b\n", "", "':args: a 'b' is no command line: No closing quotation"),
    "no_signal": (
        ":signal-after: x\n",
        "",
        "':signal-after:' says when to send a signal; add which: ':signal: SIGTERM'",
    ),
    "not_run": (":no-run:\n:args: x\n", "", "':no-run:' only shows the file; delete ':args:'"),
}


def test_each_mistake_fails_at_its_page_and_line_and_no_other_page(scratch: Make) -> None:
    pages = {
        name: "---\norphan: true\n---\n# Page\n\n"
        f"::::{{note}}\n:::{{tip}}\n:class: dropdown\n\n```{{program}} examples/quotes/shop.py\n"
        f"{options}```\n\n```{{testoutput}}\n{want}\n```\n:::\n::::\n"
        for name, (options, want, _) in BAD.items()
    }
    pages["hang"] = "---\norphan: true\n---\n# Page\n\n```{program} examples/quotes/hang.py\n:limit: 1\n```\n"
    pages["missing"] = "---\norphan: true\n---\n# Page\n\n```{program} examples/quotes/nope.py\n```\n"
    made = project(scratch, index=GOOD, **pages)
    built = build(made)
    assert built.status == 1
    for name, (*_, message) in BAD.items():
        assert f"source/{name}.md:10: failed: {message}\n" in built.printed
    assert "source/hang.md:6: failed: did not end within 1 s\n" in built.printed
    assert f"{made.folder}/lib/examples/quotes/hang.py:3 in <module>" in built.printed
    missing = f"there is no file 'examples/quotes/nope.py' in {made.folder / 'lib'}"
    assert f"source/missing.md:6: failed: {missing}\n" in built.printed
    assert f"source/missing.md:6: ERROR: program: {missing}\n" in built.printed
    assert [result for result in outcomes(built) if result[1] == "passed"] == [
        ("index.md:3", "passed"),
        ("index.md:17", "passed"),
    ]


def test_the_limit_of_a_page_stops_even_a_deaf_program(scratch: Make) -> None:
    made = project(scratch, index="---\nlimit: 1\n---\n# Page\n\n```{program} examples/quotes/deaf.py\n```\n")
    deaf = "import signal\nsignal.signal(signal.SIGABRT, signal.SIG_IGN)\n"
    (made.folder / "lib/examples/quotes/deaf.py").write_text(deaf + HANGING, "utf-8")
    built = build(made)
    assert built.status == 1
    assert re.search(r"index\.md:6: failed: did not end within (1|0\.\d+) s\n", built.printed)


RST = """\
Shop
====

.. program:: quotes

.. option:: --fast

   Ask fewer carriers: see :option:`quotes --fast`.

.. note::

   .. program:: examples/quotes/shop.py
      :region: order
      :args: 'two words'

   .. testoutput::

      {want}
"""


@pytest.mark.parametrize(("want", "status"), [("ordered two words", 0), ("ordered one", 1)])
def test_restructured_text_has_it_beside_the_directive_of_sphinx(scratch: Make, want: str, status: int) -> None:
    made = project(scratch)
    (made.folder / "source").mkdir(exist_ok=True)
    (made.folder / "source/index.rst").write_text(RST.format(want=want), "utf-8")
    built = build(made)
    assert built.status == status, built.printed
    assert outcomes(built) == [("index.rst:12", "failed" if status else "passed")]
    html = build(made, "html")
    assert (html.status, html.printed) == (0, "")
    assert 'href="#cmdoption-quotes-fast"' in html.read("index.html")
