"""Blocks run by doctest's rules, each failure has the line of its page, and prompts that await share one loop."""

from __future__ import annotations

import asyncio
import doctest
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from concurrent_doctest.execute import FAILED, PASSED, SKIPPED, run_document
from concurrent_doctest.plan import Block, Document, Group, Output, Plan


@dataclass
class Ran:
    """What a run told of its blocks."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    passed: bool = False

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results of the blocks; what they left behind has tests of its own."""
        return [data for event, data in self.events if event == "end" and data["kind"] != "leak"]

    @property
    def outcomes(self) -> list[str]:
        return [result["outcome"] for result in self.results]

    @property
    def report(self) -> str:
        """The reports of all blocks; empty if all is well."""
        return "".join(result["report"] for result in self.results)


def page(*groups: Group, clock: str = "real") -> Document:
    return Document("page", "page.md", groups, clock=clock)


def run(*blocks: Block, clock: str = "real", **settings: Any) -> Ran:
    """Run one group of *blocks*, with *settings* of the plan."""
    return run_page(page(Group("default", blocks), clock=clock), **settings)


def run_page(document: Document, **settings: Any) -> Ran:
    ran = Ran()
    plan = Plan((document,), **settings)
    ran.passed = run_document(document, plan, lambda event, data: ran.events.append((event, data)))
    return ran


def prompts(source: str, line: int = 10, **more: Any) -> Block:
    return Block("page.md", line, "doctest", source, **more)


def code(source: str, want: str = "", line: int = 10, **more: Any) -> Block:
    return Block("page.md", line, "testcode", source, outputs=(Output(line + 9, want),), **more)


def setup(source: str, line: int = 2) -> Block:
    return Block("page.md", line, "testsetup", source)


def cleanup(source: str, line: int = 90) -> Block:
    return Block("page.md", line, "testcleanup", source)


# -- Groups -------------------------------------------------------------------------------------


def test_blocks_of_a_group_share_a_namespace() -> None:
    ran = run(prompts(">>> x = 1"), code("y = x + 1", line=20), prompts(">>> x + y\n3", line=30))
    assert (ran.passed, ran.report) == (True, "")
    assert ran.outcomes == [PASSED, PASSED, PASSED]


def test_groups_do_not_see_each_other() -> None:
    one = Group("one", (prompts(">>> x = 1"),))
    two = Group("two", (prompts(">>> x", line=20),))
    ran = run_page(page(one, two))
    assert ran.outcomes == [PASSED, FAILED]
    assert "NameError: name 'x' is not defined" in ran.report


def test_each_block_begins_and_then_ends_under_its_page_and_line() -> None:
    ran = run(prompts(">>> 1\n1\n>>> 2\n2"), code("pass", line=20))
    assert [(event, data["id"]) for event, data in ran.events if event in {"begin", "end"}] == [
        ("begin", "page.md:10"),
        ("end", "page.md:10"),
        ("begin", "page.md:20"),
        ("end", "page.md:20"),
    ]
    assert [(result["kind"], result["tries"]) for result in ran.results] == [("doctest", 2), ("testcode", 1)]


def test_setup_comes_first_and_cleanup_last_wherever_they_stand() -> None:
    ran = run(
        cleanup("said.append('cleanup')", line=1),
        code("said.append('code')", line=10),
        cleanup("said.append('second cleanup'); assert said == ['setup', 'code', 'cleanup', 'second cleanup']"),
        setup("said = ['setup']", line=95),
    )
    assert (ran.passed, ran.report) == (True, "")
    assert [result["id"] for result in ran.results] == ["page.md:95", "page.md:10", "page.md:1", "page.md:90"]


def test_global_setup_is_before_and_global_cleanup_after_all_others_in_each_group() -> None:
    groups = [
        Group(
            name,
            (
                setup("said.append('setup')"),
                code("said.append('code')"),
                cleanup("said.append('cleanup')"),
            ),
        )
        for name in ("one", "two")
    ]
    ran = run_page(
        page(*groups),
        global_setup="import builtins\nsaid = builtins.said_by_page = []",
        global_cleanup="assert said == ['setup', 'code', 'cleanup']\nsaid.append('global')",
    )
    import builtins

    assert builtins.__dict__.pop("said_by_page") == ["setup", "code", "cleanup", "global"]
    assert (ran.passed, ran.report) == (True, "")


def test_a_failing_setup_fails_the_tests_of_its_group_and_no_other() -> None:
    broken = Group("broken", (setup("import this_module_is_not_there"), prompts(">>> 1\n1"), code("pass", line=20)))
    sound = Group("sound", (prompts(">>> 1\n1", line=30),))
    ran = run_page(page(broken, sound))
    assert not ran.passed
    assert ran.outcomes == [FAILED, FAILED, FAILED, PASSED]
    failed, *others, _ = ran.results
    assert (failed["id"], failed["kind"]) == ("page.md:2", "testsetup")
    assert "ModuleNotFoundError" in failed["report"]
    assert {other["reason"] for other in others} == {"its set-up failed"}


def test_a_failing_global_setup_says_why() -> None:
    ran = run(prompts(">>> 1\n1"), global_setup="x = undefined_name")
    assert not ran.passed
    assert "undefined_name" in ran.report
    assert any(result["kind"] == "testsetup" and result["failures"] == 1 for result in ran.results)


def test_a_failing_global_cleanup_fails_and_says_why() -> None:
    ran = run(prompts(">>> 1\n1"), global_cleanup="x = undefined_name")
    assert not ran.passed
    assert "undefined_name" in ran.report
    assert any(result["kind"] == "testcleanup" and result["failures"] == 1 for result in ran.results)


def test_a_failing_cleanup_fails_the_page_and_the_next_cleanup_still_runs() -> None:
    ran = run(prompts(">>> 1\n1"), cleanup("1 / 0"), cleanup("pass", line=95))
    assert not ran.passed
    assert ran.outcomes == [PASSED, FAILED, PASSED]
    assert 'File "page.md", line 90' in ran.report


def test_a_failing_block_does_not_stop_the_next_one() -> None:
    ran = run(prompts(">>> 1\n2"), prompts(">>> 1\n1", line=20))
    assert ran.outcomes == [FAILED, PASSED]


def test_with_fail_fast_nothing_runs_after_a_failure_but_the_cleanup() -> None:
    first = Group("first", (prompts(">>> 1\n2"), prompts(">>> 1\n1", line=20), cleanup("pass")))
    second = Group("second", (prompts(">>> 1\n1", line=30),))
    ran = run_page(page(first, second), fail_fast=True)
    assert [result["id"] for result in ran.results] == ["page.md:10", "page.md:90"]


def test_the_name_of_the_module_is_main_only_when_strict() -> None:
    assert run(prompts(">>> __name__\n'__main__'"), strict=True).passed
    assert run(prompts(">>> __name__\n'builtins'")).passed


def test_folders_of_the_plan_are_importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "module_of_a_plan.py").write_text("answer = 42\n", "utf-8")
    assert run(prompts(">>> from module_of_a_plan import answer; answer\n42"), path=(str(tmp_path),)).passed


# -- Pages and lines ----------------------------------------------------------------------------


def test_a_wrong_result_has_the_line_of_its_prompt() -> None:
    ran = run(prompts("Text.\n\n>>> 1\n1\n>>> 2\n3\n", line=10))
    (result,) = ran.results
    assert (result["outcome"], result["tries"], result["failures"]) == (FAILED, 2, 1)
    assert 'File "page.md", line 14' in result["report"]
    assert "Expected:\n    3\nGot:\n    2" in result["report"]


@pytest.mark.parametrize(
    ("block", "lines"),
    [
        pytest.param(
            prompts(">>> def f():\n...     1 / 0\n>>> f()\n"), ("line 12, in <module>", "line 11, in f"), id="doctest"
        ),
        pytest.param(
            code("\n\ndef f():\n    1 / 0\n\nf()\n"), ("line 15, in <module>", "line 13, in f"), id="testcode"
        ),
        pytest.param(setup("x = 1\n1 / 0\n", line=10), ("line 11, in <module>",), id="testsetup"),
        pytest.param(cleanup("x = 1\n1 / 0\n", line=10), ("line 11, in <module>",), id="testcleanup"),
        pytest.param(
            prompts(
                ">>> import asyncio\n>>> async def f():\n...     await asyncio.sleep(0)\n...     1 / 0\n>>> await f()"
            ),
            ("line 14, in <module>", "line 13, in f"),
            id="await",
        ),
    ],
)
def test_a_traceback_has_the_lines_of_the_page(block: Block, lines: tuple[str, ...]) -> None:
    report = run(block).report
    assert "ZeroDivisionError" in report
    for line in lines:
        assert f'File "page.md", {line}' in report


def test_a_traceback_through_two_blocks_has_the_lines_of_both() -> None:
    ran = run(code("def f():\n    1 / 0\n"), prompts(">>> f()", line=40))
    assert 'File "page.md", line 40, in <module>' in ran.report
    assert 'File "page.md", line 11, in f' in ran.report


def test_a_traceback_quotes_the_page() -> None:
    ran = run(code("x = 0\ny = 1 / x  # quoted\n", line=4))
    assert 'File "page.md", line 5, in <module>\n' in ran.report
    assert "        y = 1 / x  # quoted\n" in ran.report.split("Traceback")[1]


def test_a_block_of_an_included_file_has_that_file_and_its_line() -> None:
    ran = run(Block("part.txt", 3, "doctest", ">>> 1 / 0\n"))
    assert ran.results[0]["id"] == "part.txt:3"
    assert 'File "part.txt", line 3, in <module>' in ran.report


@pytest.mark.parametrize(
    ("block", "line"),
    [
        pytest.param(prompts(">>> 1\n1\n>>> 1 +\n"), 12, id="doctest"),
        pytest.param(prompts(">>> await f()\n>>> for x in y: 1 +\n"), 11, id="await"),
        pytest.param(code("x = 1\n\ny = (\n"), 12, id="testcode"),
        pytest.param(setup("x = 1\ny = = 2\n", line=10), 11, id="testsetup"),
    ],
)
def test_a_syntax_error_has_the_line_of_the_page(block: Block, line: int) -> None:
    assert f'File "page.md", line {line}\n' in run(block).report


def test_prompts_that_cannot_be_read_fail_with_page_and_line() -> None:
    ran = run(prompts(">>> 1\n1\n>>>2\n"), prompts(">>> 1\n1", line=20))
    assert ran.outcomes == [FAILED, PASSED]
    assert 'File "page.md", line 10' in ran.report
    assert "lacks blank after >>>" in ran.report


def test_an_interrupt_fails_its_block_and_the_next_one_runs() -> None:
    ran = run(prompts(">>> 1\n1\n>>> raise KeyboardInterrupt"), prompts(">>> 1\n1", line=20))
    assert ran.outcomes == [FAILED, PASSED]
    assert 'File "page.md", line 12' in ran.report


@pytest.mark.parametrize("statement", ["raise SystemExit(3)", "import sys; sys.exit()"])
@pytest.mark.parametrize("before", [">>> 1\n1\n", ">>> await __import__('asyncio').sleep(0)\n"])
def test_leaving_python_fails_its_prompt_and_the_next_one_runs(statement: str, before: str) -> None:
    ran = run(prompts(f"{before}>>> {statement}\n>>> 2\n2\n"), prompts(">>> 1\n1", line=20))
    assert ran.outcomes == [FAILED, PASSED]
    assert (ran.results[0]["tries"], ran.results[0]["failures"]) == (3, 1)
    assert f'File "page.md", line {10 + before.count(chr(10))}' in ran.report


# -- Conditions and flags -----------------------------------------------------------------------


def test_skipif_sees_the_global_setup_and_not_the_page() -> None:
    ran = run(
        prompts(">>> 1\n2", skipif="wanted == 'no'"),
        prompts(">>> wanted = 'no'", line=20),
        prompts(">>> 1\n1", line=30, skipif="wanted == 'no' and 'os' in dir()"),
        global_setup="wanted = 'no'",
    )
    assert ran.outcomes == [SKIPPED, PASSED, PASSED]
    assert ran.results[0]["reason"] == "skipif: wanted == 'no'"
    assert ("begin", {"id": "page.md:10"}) not in ran.events


def test_a_skipif_that_raises_fails_its_block() -> None:
    ran = run(prompts(">>> 1\n1", skipif="undefined_name"), prompts(">>> 1\n1", line=20))
    assert ran.outcomes == [FAILED, PASSED]
    assert 'File "page.md", line 10\nNameError' in ran.report


def test_a_block_that_the_plan_skips_tells_its_reason() -> None:
    ran = run(prompts(">>> 1\n2", skip="pyversion >=4, this is 3.11.7"))
    assert (ran.passed, ran.outcomes) == (True, [SKIPPED])
    assert ran.results[0]["reason"] == "pyversion >=4, this is 3.11.7"


@pytest.mark.parametrize("source", [">>> [1,\n...  2]\n[1,\n    2]\n", ">>> print('a  b')\na b\n"])
def test_flags_hold_for_the_plan_for_the_block_and_for_the_prompt(source: str) -> None:
    assert not run(prompts(source)).passed
    assert run(prompts(source), flags=doctest.NORMALIZE_WHITESPACE).passed
    assert run(prompts(source, flags={"NORMALIZE_WHITESPACE": True})).passed
    lines = source.split("\n")
    lines[0] += "  # doctest: +NORMALIZE_WHITESPACE"
    assert run(prompts("\n".join(lines))).passed
    assert not run(prompts(source, flags={"NORMALIZE_WHITESPACE": False}), flags=doctest.NORMALIZE_WHITESPACE).passed


def test_a_prompt_that_is_flagged_skip_is_not_tried() -> None:
    ran = run(prompts(">>> 1 / 0  # doctest: +SKIP\n>>> 1\n1"))
    assert (ran.passed, ran.results[0]["tries"]) == (True, 1)


def test_flags_of_an_output_hold_for_its_code() -> None:
    block = Block("page.md", 10, "testcode", "print('abc')", outputs=(Output(20, "a...c", {"ELLIPSIS": True}),))
    assert run(block).passed
    assert not run(code("print('abc')", "a...c")).passed


def test_a_blank_line_is_written_out_at_a_prompt_and_empty_in_an_output() -> None:
    assert run(prompts(">>> print('a\\n\\nb')\na\n<BLANKLINE>\nb")).passed
    assert run(code("print('a\\n\\nb')", "a\n\nb")).passed
    assert not run(code("print('a\\n\\nb')", "a\n<BLANKLINE>\nb")).passed


def test_output_that_is_not_expected_fails_a_code_block() -> None:
    ran = run(code("print('unexpected')"))
    assert ran.outcomes == [FAILED]
    assert "Got:\n    unexpected" in ran.report


def test_an_output_that_skips_itself_is_not_expected() -> None:
    outputs = (Output(20, "on this one"), Output(24, "on another", skipif="True"))
    assert run(Block("page.md", 10, "testcode", "print('on this one')", outputs=outputs)).passed


# -- Exceptions as output -----------------------------------------------------------------------

RAISED = "Traceback (most recent call last):\n  ...\nValueError: too much\n"


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(prompts(">>> raise ValueError('too much')\n" + RAISED), id="doctest"),
        pytest.param(code("raise ValueError('too much')", RAISED), id="testcode"),
        pytest.param(prompts(">>> async def f(): raise ValueError('too much')\n>>> await f()\n" + RAISED), id="await"),
    ],
)
def test_an_exception_is_expected_by_its_last_line(block: Block) -> None:
    ran = run(block)
    assert (ran.passed, ran.report) == (True, "")


def test_another_exception_or_detail_fails_and_the_detail_can_be_ignored() -> None:
    assert not run(prompts(">>> raise KeyError('too much')\n" + RAISED)).passed
    assert not run(prompts(">>> raise ValueError('other')\n" + RAISED)).passed
    assert run(prompts(">>> raise ValueError('other')\n" + RAISED), flags=doctest.IGNORE_EXCEPTION_DETAIL).passed


def test_a_syntax_error_can_be_expected() -> None:
    want = "Traceback (most recent call last):\n  ...\nSyntaxError: 'return' outside function\n"
    assert run(prompts(">>> return 1\n" + want)).passed


def test_an_expected_exception_that_does_not_come_fails() -> None:
    assert not run(prompts(">>> x = 1\n" + RAISED)).passed


# -- Prompts that await -------------------------------------------------------------------------


def test_all_prompts_of_a_group_that_awaits_run_in_one_loop() -> None:
    first = ">>> import asyncio\n>>> loop = asyncio.get_running_loop()\n>>> await asyncio.sleep(0)\n"
    later = ">>> asyncio.get_running_loop() is loop\nTrue\n>>> async def f(): return asyncio.get_running_loop()\n"
    ran = run(prompts(first), prompts(later + ">>> await f() is loop\nTrue\n", line=30))
    assert (ran.passed, ran.report) == (True, "")


def test_a_prompt_before_the_first_await_has_the_loop_too() -> None:
    ran = run(
        prompts(">>> import asyncio\n>>> f = asyncio.get_running_loop().create_future()"),
        prompts(">>> f.set_result(3)\n>>> await f\n3", line=20),
    )
    assert (ran.passed, ran.report) == (True, "")


def test_a_task_made_at_one_prompt_lives_on_at_the_next() -> None:
    source = """\
>>> import asyncio
>>> async def echo(queue):
...     while True:
...         print(await queue.get())
>>> queue = asyncio.Queue()
>>> task = asyncio.create_task(echo(queue))
>>> queue.put_nowait("one")
one
>>> task.done()
False
"""
    ran = run(prompts(source), prompts(">>> await queue.put('two')\ntwo\n>>> task.cancel()\nTrue\n", line=40))
    assert (ran.passed, ran.report) == (True, "")


def test_context_variables_persist_from_prompt_to_prompt_and_reach_tasks() -> None:
    source = """\
>>> import asyncio, contextvars
>>> name = contextvars.ContextVar("name", default="nobody")
>>> async def who(): return name.get()
>>> token = name.set("Ada")
>>> name.get()
'Ada'
>>> await who()
'Ada'
>>> await asyncio.create_task(who())
'Ada'
>>> name.reset(token)
>>> await who()
'nobody'
"""
    ran = run(prompts(source))
    assert (ran.passed, ran.report) == (True, "")


def test_a_context_variable_set_by_an_awaited_coroutine_is_seen_at_the_next_prompt() -> None:
    source = """\
>>> import contextvars
>>> name = contextvars.ContextVar("name")
>>> async def rename(): name.set("Bob")
>>> await rename()
>>> name.get()
'Bob'
"""
    assert run(prompts(source)).report == ""


@pytest.mark.parametrize(
    "source",
    [
        ">>> async def one(): yield 1\n>>> async for x in one(): print(x)\n1\n",
        ">>> import asyncio\n>>> async with asyncio.Lock() as x: print(x)\nNone\n",
        ">>> import asyncio\n>>> [await asyncio.sleep(0, x) for x in range(2)]\n[0, 1]\n",
        ">>> import asyncio\n>>> x = await asyncio.sleep(0, 5)\n>>> x\n5\n",
        ">>> import asyncio\n>>> async with asyncio.timeout(None):\n...     print(await asyncio.sleep(0, 5))\n5\n",
    ],
)
def test_every_form_of_await_works_at_a_prompt(source: str) -> None:
    assert run(prompts(source)).report == ""


def test_a_group_without_await_has_no_running_loop() -> None:
    source = """\
>>> import asyncio
>>> asyncio.get_running_loop()
Traceback (most recent call last):
RuntimeError: no running event loop
>>> async def f(): return "await in a function"
>>> asyncio.run(f())
'await in a function'
"""
    assert run(prompts(source)).report == ""


def test_an_await_makes_only_its_own_group_asynchronous() -> None:
    one = Group("one", (prompts(">>> import asyncio\n>>> await asyncio.sleep(0)"),))
    two = Group("two", (prompts(">>> import asyncio\n>>> asyncio.run(asyncio.sleep(0, 1))\n1", line=20),))
    assert run_page(page(one, two)).report == ""


def test_tasks_are_cancelled_and_their_finally_runs_when_the_group_is_over(tmp_path: Path) -> None:
    file = tmp_path / "said"
    source = f"""\
>>> import asyncio, pathlib
>>> async def forever():
...     try:
...         await asyncio.Event().wait()
...     finally:
...         pathlib.Path({str(file)!r}).write_text("finally")
>>> task = asyncio.create_task(forever())
>>> await asyncio.sleep(0)
"""
    assert run(prompts(source)).report == ""
    assert file.read_text("utf-8") == "finally"


# -- Code as in a file --------------------------------------------------------------------------


def test_code_is_a_module_that_runs_its_own_loop_even_beside_prompts_that_await() -> None:
    source = "import asyncio\nasync def f():\n    print('in a loop')\nasyncio.run(f())\n"
    assert run(code(source, "in a loop\n")).report == ""
    ran = run(
        prompts(">>> import asyncio\n>>> await asyncio.sleep(0)"),
        code(source, "in a loop\n", line=30),
        prompts(">>> await f()\nin a loop", line=50),
    )
    assert (ran.passed, ran.report) == (True, "")


def test_code_does_not_print_its_expressions() -> None:
    assert run(code("1 + 1\nprint('only this')\n", "only this\n")).report == ""


def test_a_top_level_await_in_code_is_a_syntax_error() -> None:
    ran = run(code("import asyncio\nawait asyncio.sleep(0)\n"))
    assert ran.outcomes == [FAILED]
    assert 'File "page.md", line 11\n' in ran.report
    assert "SyntaxError: 'await' outside function" in ran.report


def test_the_source_of_a_function_can_be_inspected() -> None:
    source = "import inspect\n\ndef f():\n    return 1\n\nprint(inspect.getsource(f), end='')\n"
    assert run(code(source, "def f():\n    return 1\n", line=40)).report == ""


# -- The virtual clock --------------------------------------------------------------------------


def test_on_the_virtual_clock_an_hour_takes_no_time_in_code_and_at_prompts() -> None:
    awaiting = """\
>>> import asyncio, time
>>> start = time.monotonic()
>>> await asyncio.sleep(3600)
>>> time.sleep(0.5)
>>> time.monotonic() - start
3600.5
"""
    running = (
        "import asyncio, time\nstart = time.time()\nasyncio.run(asyncio.sleep(86400))\nprint(time.time() - start)\n"
    )
    ran = run(prompts(awaiting), code(running, "86400.0\n", line=30), clock="virtual")
    assert (ran.passed, ran.report) == (True, "")


def test_on_the_virtual_clock_a_wait_that_nothing_ends_fails_at_its_line() -> None:
    ran = run(prompts(">>> import asyncio\n>>> await asyncio.Event().wait()\n"), clock="virtual")
    assert ran.outcomes == [FAILED]
    assert 'File "page.md", line 11' in ran.report
    assert "VirtualDeadlock: nothing is ready and nothing is scheduled" in ran.report


def test_on_the_virtual_clock_a_prompt_after_a_deadlock_still_runs() -> None:
    ran = run(
        prompts(">>> import asyncio\n>>> await asyncio.Event().wait()\n>>> await asyncio.sleep(1, 2)\n2\n"),
        clock="virtual",
    )
    assert (ran.results[0]["tries"], ran.results[0]["failures"]) == (3, 1)


def test_the_real_clock_is_back_after_a_page_on_the_virtual_one() -> None:
    before = time.monotonic, time.sleep, asyncio.new_event_loop
    run(prompts(">>> 1\n2"), clock="virtual")
    assert (time.monotonic, time.sleep, asyncio.new_event_loop) == before
