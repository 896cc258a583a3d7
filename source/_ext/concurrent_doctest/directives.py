"""The directives of :mod:`sphinx.ext.doctest`, which know their line and take conditions."""

from __future__ import annotations

import doctest
import signal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from sphinx.directives import code
from sphinx.ext import doctest as stock

from .leaks import KINDS
from .locate import locate
from .plan import CLOCKS

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx
    from sphinx.util.typing import OptionSpec


def specifier(argument: str) -> str:
    """A version specifier of :pep:`440`, such as ``>=3.13``.

    :raises ValueError: for anything else.
    """
    text = directives.unchanged_required(argument)
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError(f"{text!r} is no version specifier, such as >=3.13; in Markdown it needs quotes") from None
    return str(text)


def expectation(argument: str) -> str:
    """How a block is meant to end: ``hang``, ``leak KIND``, ``exit N`` or ``signal NAME``.

    :raises ValueError: for anything else.
    """
    words = directives.unchanged_required(argument).split()
    match words:
        case ["hang"]:
            pass
        case ["leak", kind] if kind in KINDS:
            pass
        case ["exit", code] if code.isdecimal() and int(code) < 256:
            pass
        case ["signal", name] if name in signal.Signals.__members__:
            pass
        case _:
            known = f"hang, leak KIND ({', '.join(KINDS)}), exit N or signal NAME"
            raise ValueError(f"{argument!r} is no expectation; known are {known}")
    return " ".join(words)


def seconds(argument: str) -> float:
    """A span of time above zero, in seconds.

    :raises ValueError: for anything else.
    """
    value = float(directives.unchanged_required(argument))
    if not value > 0:
        raise ValueError(f"{argument!r} is no number of seconds above zero")
    return value


def build(argument: str) -> str:
    """``gil`` or ``free-threaded``."""
    return directives.choice(argument, ("gil", "free-threaded"))


def clock(argument: str) -> str:
    """``real`` or ``virtual``."""
    return directives.choice(argument, CLOCKS)


def stream(argument: str) -> str:
    """``stdout`` or ``stderr``."""
    return directives.choice(argument, ("stdout", "stderr"))


def caption(options: dict[str, str]) -> str:
    """What stands above a block with these *options*; "" if there is nothing to say."""
    said = []
    if version := options.get("pyversion"):
        said.append(f"Python {version} only.")
    if build := options.get("build"):
        said.append(f"{'Free-threaded builds' if build == 'free-threaded' else 'Builds with the GIL'} only.")
    if module := options.get("requires"):
        said.append(f"Needs {module}.")
    match options.get("expect", "").split():
        case ["hang"]:
            said.append("This block hangs: it is run until it is proven to be blocked.")
        case ["leak", kind]:
            said.append(f"This block leaves {'an' if kind[0] in 'aeiou' else 'a'} {LEFT.get(kind, kind)} behind.")
        case ["exit", code]:
            said.append(f"This block ends its process with exit code {code}.")
        case ["signal", name]:
            said.append(f"This block ends its process by {name}.")
    return " ".join(said)


def note(options: dict[str, str]) -> list[Node]:
    """The paragraph above a block with these *options*; none if there is nothing to say."""
    text, expression = caption(options), options.get("skipif")
    if not text and not expression:
        return []
    paragraph = nodes.paragraph("", text, classes=["block-condition"])
    if expression:
        skipped = [nodes.Text("Skipped where "), nodes.literal("", expression), nodes.Text(" is true.")]
        paragraph += [nodes.Text(" "), *skipped] if text else skipped
    return [paragraph]


LEFT = {"coroutine": "coroutine that nobody awaited", "exception": "exception that nobody saw"}

CONDITIONS: OptionSpec = {
    "skipif": directives.unchanged_required,
    "pyversion": specifier,
    "requires": directives.unchanged_required,
    "build": build,
}
RUN: OptionSpec = {"expect": expectation, "limit": seconds, "record": directives.flag, "clock": clock}
KEPT = ("skipif", "pyversion", "requires", "build", "expect", "limit", "stream", "clock")


@cache
def _lines(path: str, changed: float) -> list[str]:
    return Path(path).read_text("utf-8", "replace").splitlines()


class _Located(stock.TestDirective):
    """A directive that keeps where its content begins, its conditions, and its flags by name."""

    def run(self) -> list[Node]:
        # Stock Sphinx decides `pyversion` now and for itself; here the interpreter that runs decides.
        conditions = {name: self.options.pop(name) for name in ("pyversion",) if name in self.options}
        found = super().run()
        (node,) = found
        names = {number: name for name, number in doctest.OPTIONFLAGS_BY_NAME.items()}
        node["concurrent_doctest"] = {  # type: ignore[index]
            "path": node.source or "",
            "line": self._line(node),
            "flags": {names[flag]: on for flag, on in node["options"].items()},  # type: ignore[index]
            **{name: (self.options | conditions).get(name) for name in KEPT},
            "record": "record" in self.options,
        }
        # What is not shown has no caption either.
        shown = not isinstance(node, nodes.comment)
        said = {name: str(self.options[name]) for name in KEPT if self.options.get(name)} | conditions
        return [*(note(said) if shown else []), node]

    def _line(self, node: Node) -> int:
        items = getattr(self.content, "items", None)
        guess = self.lineno + self.content_offset + 1
        if items and type(self.state).__module__.startswith("docutils."):
            guess = items[0][1] + 1
        path = Path(node.source or "")
        if not path.is_file():
            return int(guess)
        return locate(_lines(str(path), path.stat().st_mtime), list(self.content), guess)


def _options(base: type[stock.TestDirective]) -> OptionSpec:
    return dict(base.option_spec or {}) | CONDITIONS


class Testsetup(_Located):
    """Code that runs first in its group."""

    option_spec: ClassVar[OptionSpec] = _options(stock.TestsetupDirective)


class Testcleanup(_Located):
    """Code that runs last in its group."""

    option_spec: ClassVar[OptionSpec] = _options(stock.TestcleanupDirective)


class Doctest(_Located):
    """Prompts with their output."""

    option_spec: ClassVar[OptionSpec] = _options(stock.DoctestDirective) | RUN


class Testcode(_Located):
    """Code as it stands in a file."""

    option_spec: ClassVar[OptionSpec] = _options(stock.TestcodeDirective) | RUN


class Testoutput(_Located):
    """What the code before it prints."""

    option_spec: ClassVar[OptionSpec] = _options(stock.TestoutputDirective) | {"stream": stream}


class CodeBlock(code.CodeBlock):
    """Highlighted code that is not run; where that is Python, ``:not-run:`` says why."""

    option_spec: ClassVar[OptionSpec] = dict(code.CodeBlock.option_spec or {}) | {
        "not-run": directives.unchanged_required
    }

    def run(self) -> list[Node]:
        found = super().run()
        reason = self.options.get("not-run")
        if reason is None:
            return found
        for node in found:
            for block in node.findall(nodes.literal_block):
                block["not_run"] = reason
        return [nodes.paragraph("", f"Not run: {reason}.", classes=["block-condition"]), *found]


DIRECTIVES: dict[str, type[Any]] = {
    "testsetup": Testsetup,
    "testcleanup": Testcleanup,
    "doctest": Doctest,
    "testcode": Testcode,
    "testoutput": Testoutput,
}


def register(app: Sphinx) -> None:
    """Take the place of the stock directives."""
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive, override=True)
    for name in ("code", "code-block", "sourcecode"):
        app.add_directive(name, CodeBlock, override=True)


OPTION_HELP = {
    "build": "runs on `gil` or on `free-threaded` builds only",
    "clock": "`real` or `virtual`: the clock of the group that the block begins, if it is not the page's",
    "expect": "how the block is meant to end: `hang`, `leak KIND`, `exit N` or `signal NAME`",
    "hide": "runs the block, and shows nothing of it",
    "limit": "seconds that the block may take; for an expected hang, after how many it is looked at",
    "no-trim-doctest-flags": "shows `# doctest:` comments",
    "options": "flags of doctest, such as `+ELLIPSIS`, and `+UNORDERED`: lines in any order",
    "pyversion": 'runs on these versions only, as in `">=3.13"`; in Markdown the quotes are needed',
    "record": "keeps what its tasks and threads did, and when, as `events` in `results.json`",
    "requires": "runs only where this module can be imported",
    "skipif": "does not run where this expression is true; it sees the names of `doctest_global_setup`",
    "stream": "what the output is compared with: `stdout`, or `stderr` with warnings and log lines",
    "trim-doctest-flags": "hides `# doctest:` comments",
}
"""What each option means, in Markdown, for the table of a manual."""
