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
import importlib.util
import inspect
import io
import linecache
import math
import re
import shlex
import sys
import textwrap
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from .holders import remember
from .leaks import Leak, Watch
from .plan import TESTS, Block, Document, Group, Output, Plan
from .printed import at_a_prompt, in_an_output
from .program import Ended
from .program import run as run_program
from .recording import Recorder
from .virtual_clock import VirtualDeadlock, virtual_clock

with suppress(ImportError):
    # doctest makes a debugger for every block, which imports it: once before the fork instead of in each worker.
    import readline  # noqa: F401

PASSED, FAILED, SKIPPED, WARNED = "passed", "failed", "skipped", "warned"
UNORDERED = doctest.register_optionflag("UNORDERED")
"""``+UNORDERED``: the lines may come in any order."""

_monotonic = time.monotonic  # a page may put the module on a virtual clock
_EXAMPLE = re.compile(r"<doctest .*\[(\d+)\]>$")
_PARSER = doctest.DocTestParser()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a block: *tries* counts prompts, or one for a ``testcode``.

    *got* holds, as dicts of :class:`printed.Printed`, what it printed instead of what it should, if that is
    all that is wrong with it; *left* tells whether something that it then had started was still there at its
    end.  Of a leak, *suspects* are the ids of the blocks that may have made it.  *events* are
    there if the block asked for them, as :class:`recording.Recorder` describes them.
    """

    id: str
    kind: str
    outcome: str
    tries: int = 0
    failures: int = 0
    seconds: float = 0.0
    reason: str = ""
    report: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    left: bool = False
    suspects: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


Emit = Callable[[str, dict[str, Any]], None]
"""Receives ``("group", {"name": …})`` before a group, ``("begin", {"id": …})`` before a block, and
``("end", Result as a dict)`` after it."""


class _Checker(doctest.OutputChecker):
    """doctest's rules, and lines in any order where ``UNORDERED`` is on."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        if optionflags & UNORDERED:
            want, got = ("".join(sorted(text.splitlines(keepends=True))) for text in (want, got))
        return super().check_output(want, got, optionflags)


class _PageRunner(doctest.DocTestRunner):
    """A doctest runner that knows the page and the line of what it runs."""

    def __init__(self, flags: int, execute: Callable[[Any, dict[str, Any]], None]) -> None:
        super().__init__(checker=_Checker(), verbose=False, optionflags=flags)
        self._execute = execute
        self._mode = "exec"
        self.differences: list[tuple[doctest.Example, str, int]] = []

    def report_failure(self, out: Any, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
        """Note what differs, unless an exception was to come or did."""
        if example.exc_msg is None:
            self.differences.append((example, got, self.optionflags))
        super().report_failure(out, test, example, got)

    def run_block(self, test: doctest.DocTest, mode: str, out: Callable[[str], Any]) -> doctest.TestResults:
        """Run *test*, compiled as a file (``exec``) or as prompts (``single``)."""
        self._mode = mode
        with _replaced(doctest, compile=self._compile, exec=self._execute):
            return super().run(test, out=out, clear_globs=False)

    def _compile(self, source: str, name: str, mode: str, flags: int, dont_inherit: bool) -> Any:
        found = _EXAMPLE.match(name)
        example = self.test.examples[int(found[1])] if found else None
        line = (self.test.lineno or 0) + (example.lineno if example else 0)
        remember(self.test.filename or "?", line + 1, source)
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
    if "await" not in source and "async" not in source:
        return False  # most have not, and need not be compiled to see it
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

    def __init__(self, group: Group, plan: Plan, emit: Emit, watch: Watch, deadline: float) -> None:
        self._group, self._plan, self._emit, self._watch = group, plan, emit, watch
        self._deadline = deadline
        self.namespace: dict[str, Any] = {"__name__": "__main__"} if plan.strict else {}
        prompts = [block for block in group.blocks if block.kind == "doctest"]
        self._console = _Console() if any(awaits_at_a_prompt(block.source) for block in prompts) else None
        self.failed = False

    def run(self) -> None:
        """Set up, run the tests in the order of the page, clean up, and say what was left behind."""
        blocks = self._group.blocks
        setup = [block for block in blocks if block.kind == "testsetup"]
        tests = [block for block in blocks if block.kind in TESTS]
        cleanup = [block for block in blocks if block.kind == "testcleanup"]
        try:
            if not self._globally("global setup", self._plan.global_setup) or not all(map(self._block, setup)):
                for block in tests:
                    self._end(Result(block.id, block.kind, FAILED, reason="its set-up failed"))
                return
            for number, block in enumerate(tests):
                going_on = self._block(block) or not self._plan.fail_fast
                if self._ended:
                    behind = f"it stands behind {block.id}, which ends its group"
                    for late in tests[number + 1 :]:
                        self._end(Result(late.id, late.kind, FAILED, 1, 1, reason=behind))
                    return
                if not going_on:
                    break
            for block in cleanup:
                self._block(block)
            self._globally("global cleanup", self._plan.global_cleanup)
        finally:
            if self._console:
                self._console.close()
            self._leftovers()

    _ended = False

    def _leftovers(self) -> None:
        leaks = self._watch.collect() + self._watch.unclosed()
        # What only the group's names have held is said to be lost when they go, as at the end of a program.
        self.namespace, self._console = {}, None
        for leak in [*leaks, *self._watch.collect()]:
            place = leak.where or self._group.blocks[-1].id
            outcome, failures = (FAILED, 1) if self._plan.strict else (WARNED, 0)
            suspects = self._suspects(leak)
            self._end(Result(place, "leak", outcome, failures=failures, reason=f"leaked {leak}", suspects=suspects))

    def _suspects(self, leak: Leak) -> list[str]:
        """The block that ran when it was made; if nobody knows that or the line, any of the group."""
        if leak.during:
            return [leak.during]
        return [] if leak.where else [block.id for block in self._group.blocks]

    def _globally(self, name: str, source: str) -> bool:
        if not source:
            return True
        block = Block(f"<{name}>", 1, f"test{name.partition(' ')[2]}", source)
        result = self._run(block, lambda: _file_test(block, None, self.namespace), "exec")
        return result.outcome == PASSED or self._end(result)

    def _end(self, result: Result) -> bool:
        self.failed = self.failed or result.outcome == FAILED
        self._emit("end", asdict(result))
        return result.outcome != FAILED

    def _skips(self, part: Block | Output) -> str:
        """Why *part* does not run here; "" if it does."""
        if part.skip:
            return part.skip
        free = not getattr(sys, "_is_gil_enabled", lambda: True)()
        if part.build and (part.build == "free-threaded") != free:
            return f"build: {part.build}, this one is {'free-threaded' if free else 'gil'}"
        if part.requires and importlib.util.find_spec(part.requires) is None:
            return f"requires: {part.requires}, which is not installed here"
        if part.skipif is not None:
            # As in stock Sphinx, a condition sees the names of the global set-up, and no others.
            names: dict[str, Any] = {}
            exec(self._plan.global_setup, names)
            if eval(part.skipif, names):
                return f"skipif: {part.skipif}"
        return ""

    def _block(self, block: Block) -> bool:
        try:
            reason = self._skips(block)
            outputs = [output for output in block.outputs if not self._skips(output)]
        except Exception as error:
            report = f'File "{block.path}", line {block.line}\n{_last_line(error)}'
            return self._end(Result(block.id, block.kind, FAILED, 1, 1, reason="its condition failed", report=report))
        if reason:
            return self._end(Result(block.id, block.kind, SKIPPED, reason=reason))
        self._emit("begin", {"id": block.id})
        if problem := block.problem or self._output_problem(block, outputs):
            return self._end(Result(block.id, block.kind, FAILED, 1, 1, reason=problem))
        out = [output for output in outputs if output.stream == "stdout"]
        err = [output for output in outputs if output.stream == "stderr"]
        # As in stock Sphinx, the last output that applies is the one that counts.
        expected = out[-1] if out else None
        if block.kind == "doctest":
            result = self._run(block, lambda: _prompt_test(block, self.namespace), "single")
        elif block.kind == "program":
            result = self._program(block, expected, err[-1] if err else None)
        else:
            make = partial(_file_test, block, expected, self.namespace)
            result = self._run(block, make, "exec", expected, err[-1] if err else None)
        return self._end(self._expected_leak(block, result))

    def _output_problem(self, block: Block, outputs: list[Output]) -> str:
        if not self._plan.strict:
            return ""
        if not block.source.strip():
            return "the block is empty: there is nothing to check"
        for stream in ("stdout", "stderr"):
            given = sum(output.stream == stream for output in block.outputs)
            apply = sum(output.stream == stream for output in outputs)
            if given and apply != 1:
                return f"{apply} of its {given} outputs apply here; conditions must leave exactly one"
        return ""

    def _expected_leak(self, block: Block, result: Result) -> Result:
        if not block.expect or not block.expect.startswith("leak"):
            return result
        kind = block.expect.split()[1]
        leaks = self._watch.collect()
        others = [leak for leak in leaks if leak.kind != kind]
        for leak in others:
            place, suspects = leak.where or block.id, self._suspects(leak)
            self._end(Result(place, "leak", FAILED, failures=1, reason=f"leaked {leak}", suspects=suspects))
        if len(others) == len(leaks):
            reason = f"it was to leak a {kind}, and leaked none"
            return replace(result, outcome=FAILED, failures=1, reason=reason, got=[])
        return result

    def _program(self, block: Block, stdout: Output | None, stderr: Output | None) -> Result:
        """Run the file of a ``program``; as for a ``testcode``, stderr counts only where an output says so."""
        assert block.program
        started = _monotonic()
        limit = max(0.0, min(block.limit or math.inf, self._deadline - started))
        ended = run_program(block.program, self._plan.path, limit)
        seconds = _monotonic() - started
        findings = [ended.problem] if ended.problem else []
        wrong, rest = [*findings], []
        if ended.exit_code not in {None, block.program.exit_code}:
            wrong.append(f"exit code {ended.exit_code}, expected {block.program.exit_code}")
        pure, printed = not wrong and not ended.left, []
        for stream, got, output in (
            ("stdout", ended.stdout, stdout or Output(block.line, "")),
            ("stderr", ended.stderr, stderr),
        ):
            # What a program has written that was stopped is no output to compare; all of it is shown.
            difference = _difference(output, got, self._plan.flags) if output and ended.exit_code is not None else ""
            if output and difference:
                wrong.append(f"{stream} differs")
                if pure:
                    stated = stdout if stream == "stdout" else stderr
                    printed.append(_in_an_output(block, stated, got, _output_flags(output, self._plan.flags)))
                place = f'File "{block.path}", line {output.line}, {stream} of {block.id}'
                findings.append(f"{place}\n{difference.rstrip()}")
            else:
                rest.append((stream, got))
        if ended.left:
            outcome = FAILED if self._plan.strict else WARNED
            reason = f"leaked process: {_program_text(block)} ended before processes that it started"
            self._end(Result(block.id, "leak", outcome, failures=int(self._plan.strict), reason=reason))
        if not wrong:
            if not stderr:
                sys.stderr.write(ended.stderr)
            return Result(block.id, block.kind, PASSED, 1, 0, seconds)
        report = _program_report(block, ended, findings, rest)
        return Result(block.id, block.kind, FAILED, 1, 1, seconds, "; ".join(wrong), report, printed)

    def _run(
        self,
        block: Block,
        make: Callable[[], doctest.DocTest],
        mode: str,
        stdout: Output | None = None,
        stderr: Output | None = None,
    ) -> Result:
        execute = self._console.execute if self._console and mode == "single" else exec
        ending = _Ending(block, execute)
        runner = _PageRunner(self._plan.flags, ending)
        said = io.StringIO()
        started = _monotonic()
        self._watch.running = block.id
        recorder = Recorder(self._watch.pages) if block.record else None
        with _captured_stderr(self._watch) as errors, recorder or nullcontext():
            try:
                done = runner.run_block(make(), mode, said.write)
            except ValueError as error:  # the parser's: prompts that can't be read
                report = f'File "{block.path}", line {block.line}\n{error}\n'
                return Result(block.id, block.kind, FAILED, 1, 1, report=report)
            except KeyboardInterrupt:
                report = f'File "{block.path}", line {block.line}\n{traceback.format_exc()}'
                return Result(block.id, block.kind, FAILED, 1, 1, reason="KeyboardInterrupt", report=report)
            finally:
                self._watch.running = ""
        seconds = _monotonic() - started
        self._ended = self._ended or block.ends_group
        reason, report = "", said.getvalue()
        # An exception, or a difference that was not shown, is no output that the page could have.
        pure = len(runner.differences) == done.failed
        got = self._printed(block, runner.differences, stdout) if pure else []
        if stderr is not None and (difference := _difference(stderr, errors.getvalue(), self._plan.flags)):
            reason, report = "stderr differs", f"{report}{stderr_place(block, stderr)}\n{difference}"
            if pure:
                flags = _output_flags(stderr, self._plan.flags)
                got.append(_in_an_output(block, stderr, errors.getvalue(), flags))
        if block.ends_group and not ending.came:
            reason = f"expected: {block.expect}; it came to its end"
            got = []
        failures = done.failed or int(bool(reason))
        outcome = FAILED if failures else PASSED
        left = bool(got) and self._watch.left_by(block.id)
        events = recorder.events if recorder else []
        return Result(
            block.id,
            block.kind,
            outcome,
            done.attempted,
            failures,
            seconds,
            reason,
            report,
            got=got,
            left=left,
            events=events,
        )

    def _printed(
        self, block: Block, differences: Iterable[tuple[doctest.Example, str, int]], output: Output | None
    ) -> list[dict[str, Any]]:
        if block.kind == "doctest":
            check = _Checker().check_output
            return [asdict(at_a_prompt(block, *difference, check)) for difference in differences]
        return [_in_an_output(block, output, got, flags) for _, got, flags in differences]


def _in_an_output(block: Block, output: Output | None, got: str, flags: int) -> dict[str, Any]:
    return asdict(in_an_output(block, output, got, flags, _Checker().check_output))


def _program_text(block: Block) -> str:
    """The command of a ``program`` block, for a report."""
    assert block.program
    return " ".join([block.source, *map(shlex.quote, block.program.args)])


def _program_report(block: Block, ended: Ended, findings: list[str], rest: list[tuple[str, str]]) -> str:
    """All that is known of a program that failed; *rest* is what it wrote that no finding shows."""
    code = "none" if ended.exit_code is None else str(ended.exit_code)
    assert block.program
    lines = [
        f'File "{block.path}", line {block.line}, program {_program_text(block)}',
        f"Exit code: {code}, expected {block.program.exit_code}",
        *findings,
    ]
    for stream, text in rest:
        if text:
            lines += [f"{stream}:", textwrap.indent(text.rstrip("\n"), "    ")]
    return "\n".join(lines) + "\n"


def stderr_place(block: Block, output: Output) -> str:
    """Where the expected text of stderr stands, for a report."""
    return f'File "{block.path}", line {output.line}, stderr of {block.id}'


class _Ending:
    """Executes code, and swallows the end that its block is expected to come to."""

    def __init__(self, block: Block, execute: Callable[[Any, dict[str, Any]], None]) -> None:
        self._expect, self._execute = block.expect, execute
        self.came = False

    def __call__(self, code: Any, namespace: dict[str, Any]) -> None:
        try:
            self._execute(code, namespace)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
            if self._expect != f"exit {status}":
                raise
            self.came = True
        except VirtualDeadlock:
            if self._expect != "hang":
                raise
            self.came = True


@contextmanager
def _captured_stderr(watch: Watch) -> Iterator[io.StringIO]:
    """Collect what is written to ``sys.stderr``, and pass it on afterwards."""
    real, errors = sys.stderr, io.StringIO()
    sys.stderr = errors
    watch.use_stderr(errors)
    try:
        yield errors
    finally:
        sys.stderr = real
        watch.use_stderr(real)
        real.write(errors.getvalue())
        real.flush()


def _difference(output: Output, got: str, flags: int) -> str:
    """How *got* differs from *output*, in doctest's words; "" if it matches."""
    flags = _output_flags(output, flags)
    checker = _Checker()
    example = doctest.Example("", output.text)  # which ends the text with the end of its last line
    if checker.check_output(example.want, got, flags):
        return ""
    return checker.output_difference(example, got, flags)


def _output_flags(output: Output, flags: int) -> int:
    for flag, on in _flags(output.flags).items():
        flags = flags | flag if on else flags & ~flag
    return flags | doctest.DONT_ACCEPT_BLANKLINE


def _last_line(error: BaseException) -> str:
    return traceback.format_exception_only(error)[-1]


def show_pages_in_tracebacks(blocks: Iterable[Block]) -> None:
    """Let tracebacks quote the lines of *blocks*, under the path and line at which they stand."""
    pages: dict[str, list[str]] = {}
    for block in blocks:
        lines = pages.setdefault(block.path, [])
        source = block.source.splitlines(keepends=True)
        lines += ["\n"] * (block.line - 1 + len(source) - len(lines))
        lines[block.line - 1 : block.line - 1 + len(source)] = source
    for path, lines in pages.items():
        linecache.cache[path] = (sum(map(len, lines)), None, lines, path)


def run_document(document: Document, plan: Plan, emit: Emit) -> bool:
    """Run all groups of *document*, telling *emit* of each block; returns whether none failed."""
    blocks = [block for group in document.groups for block in group.blocks]
    show_pages_in_tracebacks(blocks)
    sys.path[:0] = plan.path
    deadline = _monotonic() + document.limit
    failed = False
    with Watch({block.path for block in blocks}) as watch:
        for group in document.groups:
            emit("group", {"name": group.name})
            with virtual_clock() if (group.clock or document.clock) == "virtual" else nullcontext():
                run = _GroupRun(group, plan, emit, watch, deadline)
                run.run()
            failed = failed or run.failed
            if failed and plan.fail_fast:
                break
    return not failed
