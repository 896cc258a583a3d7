"""``program``: shows a file, or a marked region of it, and has it run and checked.

Sphinx has a directive of this name, for command line options; an argument that is no path of a Python file is
still its.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.domains.std import Program as StockProgram
from sphinx.util import logging

from . import regions
from .directives import CONDITIONS, note, seconds
from .plan import Program

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx
    from sphinx.util.typing import OptionSpec

logger = logging.getLogger(__name__)

RUNNING = ("args", "signal", "signal-after", "exit")


def is_path(argument: str) -> bool:
    """Whether *argument* names a Python file: it has a slash, and ends in ``.py``."""
    return "/" in argument and argument.endswith(".py")


def program(path: str, options: dict[str, Any]) -> Program:
    """What the *options* of the directive ask for; all of them are as they were written.

    :raises ValueError: for an option that has no such value, or that goes without another one.
    """
    if "no-run" in options and (given := [name for name in RUNNING if name in options]):
        raise ValueError(f"':no-run:' only shows the file; delete ':{given[0]}:'")
    try:
        args = shlex.split(options.get("args", ""))
    except ValueError as error:
        raise ValueError(f"':args: {options['args']}' is no command line: {error}") from None
    name = options.get("signal")
    if name is not None and name not in signal.Signals.__members__:
        raise ValueError(f"':signal: {name}' is no signal; write a name such as SIGTERM or SIGINT")
    after = options.get("signal-after")
    if after is not None and name is None:
        raise ValueError("':signal-after:' says when to send a signal; add which: ':signal: SIGTERM'")
    code = options.get("exit", "0")
    if not re.fullmatch(r"\d{1,3}", code) or int(code) > 255:
        raise ValueError(f"':exit: {code}' is no exit code; write 0 to 255, or 128 + N for a death by signal N")
    return Program(path, tuple(args), signal=name, signal_after=after, exit_code=int(code))


def located(lines: list[str], argument: str, guess: int) -> int:
    """The line, counted from 1, of the directive with *argument* that is nearest to *guess*, or *guess*."""
    # A Markdown parser that nests documents in documents counts lines from several places.
    directive = re.compile(rf"(?:\{{program\}}|\.\.[ ]+program::)\s+{re.escape(argument)}\s*$")
    found = [number for number, line in enumerate(lines, 1) if directive.search(line)]
    return min(found, key=lambda number: abs(number - guess), default=guess)


class ProgramDirective(StockProgram):
    """Shows a file or a region of it; runs it in the page's own group, and checks what it prints."""

    option_spec: ClassVar[OptionSpec] = CONDITIONS | {
        "region": directives.unchanged_required,
        "args": directives.unchanged_required,
        "signal": directives.unchanged_required,
        "signal-after": directives.unchanged_required,
        "exit": directives.unchanged_required,
        "limit": seconds,
        "no-run": directives.flag,
    }

    def run(self) -> list[Node]:
        """The file as highlighted code with its path above; a comment that holds the problem, if there is one."""
        argument = self.arguments[0].strip()
        if not is_path(argument) and not self.options:
            return super().run()
        source, line = self._place(argument)
        node: nodes.Element
        try:
            if not is_path(argument):
                raise ValueError(f"{argument!r} is no path of a Python file, such as 'examples/quotes/order.py'")
            runs = program(str(self._file(argument)), self.options)
            text = self._text(runs.path, argument)
        except ValueError as error:
            logger.error("program: %s", error, location=f"{source}:{line}")
            node = nodes.comment("", "")
            self._mark(node, source, line, None, str(error))
            return [node]
        node = nodes.literal_block(text, text, language="python", source=runs.path)
        self.set_source_info(node)
        if "no-run" not in self.options:
            self._mark(node, source, line, runs, "")
        wrapper = nodes.container("", literal_block=True, classes=["literal-block-wrapper"])
        title = nodes.caption("", "", nodes.literal(argument, argument))
        title.source, title.line = node.source, node.line
        wrapper += [title, node]
        return [*note({key: str(value) for key, value in self.options.items()}), wrapper]

    def _mark(self, node: nodes.Element, source: str, line: int, runs: Program | None, problem: str) -> None:
        """Leave on *node* what the plan needs."""
        node["testnodetype"], node["groups"], node["options"] = "program", ["default"], {}
        node["test"] = self.arguments[0].strip()
        conditions = {name: self.options.get(name) for name in (*CONDITIONS, "limit")}
        node["concurrent_doctest"] = conditions | {
            "path": source,
            "line": line,
            "flags": {},
            "expect": None,
            "stream": None,
            "program": runs,
            "problem": problem,
        }

    def _place(self, argument: str) -> tuple[str, int]:
        source, guess = self.get_source_info()
        path = Path(source)
        if not path.is_file():
            return source, guess
        return source, located(path.read_text("utf-8", "replace").splitlines(), argument, guess)

    def _file(self, argument: str) -> Path:
        """Where the file is: paths start where the snippets import from, or at the sources."""
        root = Path(os.path.abspath(next(iter(self.config.doctest_path), self.env.srcdir)))
        path = Path(os.path.normpath(root / argument))
        self.env.note_dependency(path)  # a missing file too: the page is read again when it appears
        if not path.is_file():
            raise ValueError(f"there is no file {argument!r} in {root}")
        return path

    def _text(self, path: str, argument: str) -> str:
        try:
            return regions.shown(Path(path).read_text("utf-8"), self.options.get("region"))
        except regions.LostMarker as error:
            raise ValueError(f"{argument}: {error}") from None
        except UnicodeDecodeError as error:
            raise ValueError(f"{argument} is not UTF-8: {error}") from None


def register(app: Sphinx) -> None:
    """Take the place of Sphinx's directive, which is looked up in its domain before any other."""
    app.add_directive_to_domain("std", "program", ProgramDirective, override=True)
