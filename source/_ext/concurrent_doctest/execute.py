"""Run the blocks of one document in this process, by the rules of :mod:`doctest`.

What stock Sphinx does is kept: groups, set-up first and clean-up last, flags, how exceptions match.  What
differs: code is compiled with its page and line, and a group with a top-level ``await`` at any prompt
behaves like ``python -m asyncio``, one loop and one context for all its prompts.

Standard library only.
"""

from __future__ import annotations

import ast
import asyncio
import contextvars
import doctest
import inspect
import io
import linecache
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .plan import Block, Document, Group, Output, Plan
from .virtual_clock import virtual_clock

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
_EXAMPLE = re.compile(r"<doctest .*\[(\d+)\]>$")
_PARSER = doctest.DocTestParser()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a block: *tries* counts prompts, or one for a ``testcode``."""

    id: str
    kind: str
    outcome: str
    tries: int = 0
    failures: int = 0
    seconds: float = 0.0
    reason: str = ""
    report: str = ""


Emit = Callable[[str, dict[str, Any]], None]
"""Receives ``("begin", {"id": …})`` before a block and ``("end", Result as a dict)`` after it."""


class _PageRunner(doctest.DocTestRunner):
    """A doctest runner that knows the page and the line of what it runs."""

    def __init__(self, flags: int, execute: Callable[[Any, dict[str, Any]], None]) -> None:
        super().__init__(verbose=False, optionflags=flags)
        self._execute = execute
        self._mode = "exec"

    def run_block(self, test: doctest.DocTest, mode: str, out: Callable[[str], Any]) -> doctest.TestResults:
        """Run *test*, compiled as a file (``exec``) or as prompts (``single``)."""
        self._mode = mode
        with _replaced(doctest, compile=self._compile, exec=self._execute):
            return super().run(test, out=out, clear_globs=False)

    def _compile(self, source: str, name: str, mode: str, flags: int, dont_inherit: bool) -> Any:
        found = _EXAMPLE.match(name)
        example = self.test.examples[int(found[1])] if found else None
        line = (self.test.lineno or 0) + (example.lineno if example else 0)
        if self._mode == "single":
            flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        # Empty lines in front, so that a syntax error has the line of the page too.
        return compile("\n" * line + source, self.test.filename or "?", self._mode, flags, dont_inherit)


@contextmanager
def _replaced(module: Any, **functions: Any) -> Iterator[None]:
    """Shadow builtins that *module* looks up as globals."""
    vars(module).update(functions)
    try:
        yield
    finally:
        for name in functions:
            delattr(module, name)


def awaits_at_a_prompt(source: str) -> bool:
    """Whether any prompt of a ``doctest`` block has a top-level ``await``."""
    try:
        examples = _PARSER.get_examples(source)
    except ValueError:
        return False
    for example in examples:
        try:
            code = compile(example.source, "?", "single", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
        except SyntaxError:
            continue  # reported when the block runs
        if code.co_flags & inspect.CO_COROUTINE:
            return True
    return False


class _Console:
    """One loop and one context for all prompts of a group, as in ``python -m asyncio``."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._context = contextvars.copy_context()

    def execute(self, code: Any, namespace: dict[str, Any]) -> None:
        """Run one compiled prompt with the loop running, then let the loop settle."""

        async def prompt() -> None:
            value = eval(code, namespace)
            if code.co_flags & inspect.CO_COROUTINE:
                await value

        try:
            self._runner.run(prompt(), context=self._context)
        finally:
            # Between two prompts of a console the loop goes on: run what is ready, without waiting.
            loop = self._runner.get_loop()
            for _ in range(1000):
                if not getattr(loop, "_ready", None):
                    break
                self._runner.run(asyncio.sleep(0), context=self._context)

    def close(self) -> None:
        self._runner.close()


def _flags(flags: dict[str, bool]) -> dict[int, bool]:
    return {doctest.OPTIONFLAGS_BY_NAME[name]: on for name, on in flags.items()}


def _file_test(block: Block, output: Output | None, namespace: dict[str, Any]) -> doctest.DocTest:
    """A ``testcode`` as the one example of a test, the way stock Sphinx builds it."""
    want = output.text if output else ""
    options = _flags(output.flags) if output else {}
    options[doctest.DONT_ACCEPT_BLANKLINE] = True
    raised = _PARSER._EXCEPTION_RE.match(want)  # type: ignore[attr-defined]
    message = raised.group("msg") if raised else None
    example = doctest.Example(block.source, want, exc_msg=message, lineno=0, options=options)
    return _test([example], block, namespace)


def _prompt_test(block: Block, namespace: dict[str, Any]) -> doctest.DocTest:
    """The prompts of a ``doctest`` block.

    :raises ValueError: when prompts and output can't be told apart.
    """
    examples = _PARSER.get_examples(block.source, block.id)
    for example in examples:
        example.options = _flags(block.flags) | example.options
    return _test(examples, block, namespace)


def _test(examples: list[doctest.Example], block: Block, namespace: dict[str, Any]) -> doctest.DocTest:
    test = doctest.DocTest(examples, {}, block.id, block.path, block.line - 1, None)
    test.globs = namespace  # DocTest copies what it is given; the group shares one
    return test


class _GroupRun:
    """Runs one group of blocks in one namespace."""

    def __init__(self, group: Group, plan: Plan, emit: Emit) -> None:
        self._group, self._plan, self._emit = group, plan, emit
        self.namespace: dict[str, Any] = {"__name__": "__main__"} if plan.strict else {}
        prompts = [block for block in group.blocks if block.kind == "doctest"]
        self._console = _Console() if any(awaits_at_a_prompt(block.source) for block in prompts) else None
        self.failed = False

    def run(self) -> None:
        """Set up, run the tests in the order of the page, clean up."""
        blocks = self._group.blocks
        setup = [block for block in blocks if block.kind == "testsetup"]
        tests = [block for block in blocks if block.kind in {"doctest", "testcode"}]
        cleanup = [block for block in blocks if block.kind == "testcleanup"]
        try:
            if not self._globally("global setup", self._plan.global_setup) or not all(map(self._block, setup)):
                for block in tests:
                    self._end(Result(block.id, block.kind, FAILED, failures=1, reason="its set-up failed"))
                return
            for block in tests:
                if not self._block(block) and self._plan.fail_fast:
                    return
            for block in cleanup:
                self._block(block)
            self._globally("global cleanup", self._plan.global_cleanup)
        finally:
            if self._console:
                self._console.close()

    def _globally(self, name: str, source: str) -> bool:
        if not source:
            return True
        block = Block(f"<{name}>", 1, "testsetup", source)
        return self._run(block, lambda: _file_test(block, None, self.namespace), "exec").outcome == PASSED

    def _end(self, result: Result) -> bool:
        self.failed = self.failed or result.outcome == FAILED
        self._emit("end", asdict(result))
        return result.outcome != FAILED

    def _skips(self, condition: str | None) -> bool:
        # As in stock Sphinx, a condition sees the names of the global set-up, and no others.
        names: dict[str, Any] = {}
        if condition is None:
            return False
        exec(self._plan.global_setup, names)
        return bool(eval(condition, names))

    def _block(self, block: Block) -> bool:
        try:
            reason = block.skip or (f"skipif: {block.skipif}" if self._skips(block.skipif) else "")
            outputs = [output for output in block.outputs if not self._skips(output.skipif)]
        except Exception as error:
            report = f'File "{block.path}", line {block.line}\n{_last_line(error)}'
            return self._end(Result(block.id, block.kind, FAILED, failures=1, reason="skipif", report=report))
        if reason:
            return self._end(Result(block.id, block.kind, SKIPPED, reason=reason))
        self._emit("begin", {"id": block.id})
        if block.kind == "doctest":
            return self._end(self._run(block, lambda: _prompt_test(block, self.namespace), "single"))
        # As in stock Sphinx, the last output that applies is the one that counts.
        expected = outputs[-1] if outputs else None
        return self._end(self._run(block, lambda: _file_test(block, expected, self.namespace), "exec"))

    def _run(self, block: Block, make: Callable[[], doctest.DocTest], mode: str) -> Result:
        execute = self._console.execute if self._console and mode == "single" else exec
        runner = _PageRunner(self._plan.flags, execute)
        said = io.StringIO()
        started = time.monotonic()
        try:
            done = runner.run_block(make(), mode, said.write)
        except ValueError as error:  # the parser's: prompts that can't be read
            report = f'File "{block.path}", line {block.line}\n{error}\n'
            return Result(block.id, block.kind, FAILED, 1, 1, report=report)
        except KeyboardInterrupt:
            report = f'File "{block.path}", line {block.line}\n{traceback.format_exc()}'
            return Result(block.id, block.kind, FAILED, 1, 1, reason="KeyboardInterrupt", report=report)
        seconds = time.monotonic() - started
        outcome = FAILED if done.failed else PASSED
        return Result(block.id, block.kind, outcome, done.attempted, done.failed, seconds, report=said.getvalue())


def _last_line(error: BaseException) -> str:
    return traceback.format_exception_only(error)[-1]


def show_pages_in_tracebacks(pages: Iterable[tuple[str, str]]) -> None:
    """Let tracebacks quote the lines of *pages*, pairs of a path as in the plan and its text."""
    for path, text in pages:
        lines = text.splitlines(keepends=True)
        linecache.cache[path] = (len(text), None, lines, path)


def run_document(document: Document, plan: Plan, emit: Emit, root: Path) -> bool:
    """Run all groups of *document*, telling *emit* of each block; returns whether none failed.

    *root* is where the paths of the plan begin.
    """
    paths = {block.path for group in document.groups for block in group.blocks}
    texts = ((path, root / path) for path in sorted(paths))
    show_pages_in_tracebacks((path, file.read_text("utf-8")) for path, file in texts if file.is_file())
    sys.path[:0] = plan.path
    failed = False
    with virtual_clock() if document.clock == "virtual" else nullcontext():
        for group in document.groups:
            run = _GroupRun(group, plan, emit)
            run.run()
            failed = failed or run.failed
            if failed and plan.fail_fast:
                break
    return not failed
