"""``{doctest-options}``: the table of the runner's options, made from its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from concurrent_doctest.directives import DIRECTIVES, OPTION_HELP

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def rows() -> list[tuple[str, list[str], str]]:
    """Each option with the directives that take it and what it means.

    :raises KeyError: for an option that the runner takes and does not explain.
    """
    takers: dict[str, list[str]] = {}
    for name, directive in DIRECTIVES.items():
        for option in directive.option_spec or {}:
            takers.setdefault(option, []).append(name)
    return [(option, names, OPTION_HELP[option]) for option, names in sorted(takers.items())]


class DoctestOptions(SphinxDirective):
    """The table."""

    def run(self) -> list[Node]:
        head = nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in ("option", "of", "meaning")))
        body = []
        for option, names, meaning in rows():
            of = ["all"] if len(names) == len(DIRECTIVES) else names
            codes: list[Node] = []
            for name in of:
                codes += [nodes.Text(", ")] if codes else []
                codes.append(nodes.Text(name) if name == "all" else nodes.literal("", name))
            text, _ = self.state.inline_text(meaning, self.lineno)
            cells = [nodes.paragraph("", "", nodes.literal("", f":{option}:")), nodes.paragraph("", "", *codes)]
            cells.append(nodes.paragraph("", "", *text))
            body.append(nodes.row("", *(nodes.entry("", cell) for cell in cells)))
        group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (2, 3, 6)), cols=3)
        group += [nodes.thead("", head), nodes.tbody("", *body)]
        return [nodes.table("", group)]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("doctest-options", DoctestOptions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
