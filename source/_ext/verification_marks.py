"""What the record of runs says, on the pages: a mark at each block, and a matrix of all of them.

A result is shown only while it counts; the manual can't show a stale claim.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from concurrent_doctest import collect, verification
from concurrent_doctest.plan import TESTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from docutils.nodes import Node
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata


class VerificationMatrix(nodes.General, nodes.Element):
    """Stands for the table of results until all pages are read."""


class VerificationMatrixDirective(SphinxDirective):
    """``{verification-matrix}``: pages by interpreters, with totals."""

    def run(self) -> list[Node]:
        return [VerificationMatrix()]


class _Record:
    """The record and what of it counts, worked out once in a build."""

    def __init__(self, app: Sphinx) -> None:
        self.root = app.srcdir.parent
        self.content = verification.read(app.srcdir / app.config.verification_record)
        # The version decides which blocks would be skipped, which no hash depends on.
        plan = collect.collect(app.env, app.config, app.env.found_docs, "3.11.0")
        self.standing = verification.standing(plan, self.content, self.root)


def _record(app: Sphinx) -> _Record:
    known: _Record | None = getattr(app, "_verification_record", None)
    if known is None:
        known = _Record(app)
        app._verification_record = known  # type: ignore[attr-defined]
    return known


def passed_by(results: dict[str, Any]) -> list[str]:
    """The names of the interpreters that passed a block."""
    return [name for name, result in results.items() if result["outcome"] == "passed"]


def _mark(results: dict[str, Any]) -> nodes.paragraph:
    names = passed_by(results)
    dates = sorted({result["date"] for result in results.values()})
    text = f"Run on {', '.join(names)}" if names else "Skipped everywhere"
    return nodes.paragraph("", text, classes=["verified"], date=dates[-1] if dates else "")


def _matrix(record: _Record, link: Callable[[str], Node]) -> nodes.table:
    names = list(record.content["interpreters"])
    pages: dict[str, Counter[str]] = {}
    for identifier, results in record.standing.fresh.items():
        counts = pages.setdefault(identifier.rpartition(":")[0], Counter())
        counts["blocks"] += 1
        counts.update(passed_by(results))
    total: Counter[str] = sum(pages.values(), Counter())
    rows = [[link(page), counts["blocks"], *(counts[name] for name in names)] for page, counts in sorted(pages.items())]
    rows.append(["all pages", total["blocks"], *(total[name] for name in names)])
    return _table(["page", "blocks", *names], rows)


def _table(head: list[str], rows: list[list[Any]]) -> nodes.table:
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))

    def row(cells: list[Any]) -> nodes.row:
        texts = [cell if isinstance(cell, nodes.Node) else nodes.Text(str(cell)) for cell in cells]
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", text)) for text in texts))

    group += nodes.thead("", row(head))
    group += nodes.tbody("", *map(row, rows))
    return nodes.table("", group, classes=["verification-matrix"])


def _summary(record: _Record) -> nodes.paragraph:
    standing, interpreters = record.standing, record.content["interpreters"]
    if not interpreters:
        return nodes.paragraph("", "No results are recorded yet.")
    described = ", ".join(
        f"{item['version']}{' free-threaded' if item['build'] == 'free-threaded' else ''}"
        for item in interpreters.values()
    )
    date = max(item["date"] for item in interpreters.values())
    results = sum(len(passed_by(block)) for block in standing.fresh.values())
    text = f"{len(standing.fresh)} blocks, {results} results that passed, on CPython {described}, recorded on {date}."
    if waiting := len(standing.stale) + len(standing.missing):
        text += f" {waiting} blocks have changed since, and show no results."
    return nodes.paragraph("", text)


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for holder in list(doctree.findall(VerificationMatrix)):
        record = _record(app)

        def link(page: str) -> Node:
            target = app.env.path2doc(page)
            if target not in app.env.titles:
                return nodes.literal("", page)
            uri = app.builder.get_relative_uri(docname, target)
            return nodes.reference("", app.env.titles[target].astext(), refuri=uri, internal=True)

        # The theme gives a table a box to scroll in before this one is there.
        scrolled = nodes.container("", _matrix(record, link), classes=["table-wrapper"])
        holder.parent.replace(holder, [_summary(record), scrolled])
    if app.builder.name != "html":
        return
    for node in list(doctree.findall(nodes.literal_block)):
        kept = node.get("concurrent_doctest")
        if kept is None or node["testnodetype"] not in TESTS:
            continue
        results = _record(app).standing.fresh.get(f"{collect.shown(kept['path'])}:{kept['line']}")
        if results is not None and node.parent is not None:
            index = node.parent.index(node) + 1
            while index < len(node.parent) and _belongs(node.parent, index):
                index += 1
            node.parent.insert(index, _mark(results))


def _belongs(parent: nodes.Element, index: int) -> bool:
    """Whether the child at *index* is an output, or the condition that stands above one."""
    child = parent[index]
    condition = isinstance(child, nodes.paragraph) and "block-condition" in child["classes"]
    return _is_output(parent[index + 1] if condition and index + 1 < len(parent) else child)


def _is_output(node: Node) -> bool:
    return isinstance(node, nodes.Element) and node.get("testnodetype") == "testoutput"


def _note_record(app: Sphinx, config: Config) -> None:
    """Let a new record write the pages again."""
    file = Path(app.srcdir) / config.verification_record
    config.verification_digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive, the marks, and where the record lies below the source folder."""
    app.add_config_value("verification_record", "_data/verification.json", "html", types=frozenset({str}))
    app.add_config_value("verification_digest", "", "html", types=frozenset({str}))
    app.add_node(VerificationMatrix)
    app.add_directive("verification-matrix", VerificationMatrixDirective)
    app.connect("config-inited", _note_record)
    app.connect("doctree-resolved", _resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
