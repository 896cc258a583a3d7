"""The directives of :mod:`sphinx.ext.doctest`, which know their line and take conditions."""

from __future__ import annotations

import doctest
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import directives
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from sphinx.ext import doctest as stock

from .locate import locate

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
        raise ValueError(f'{text!r} is no version specifier; write ":pyversion: ">=3.13"", with quotes') from None
    return str(text)


CONDITIONS: OptionSpec = {"skipif": directives.unchanged_required, "pyversion": specifier}


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
            "skipif": self.options.get("skipif"),
            **{name: str(value) for name, value in conditions.items()},
        }
        return found

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

    option_spec: ClassVar[OptionSpec] = _options(stock.DoctestDirective)


class Testcode(_Located):
    """Code as it stands in a file."""

    option_spec: ClassVar[OptionSpec] = _options(stock.TestcodeDirective)


class Testoutput(_Located):
    """What the code before it prints."""

    option_spec: ClassVar[OptionSpec] = _options(stock.TestoutputDirective)


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
