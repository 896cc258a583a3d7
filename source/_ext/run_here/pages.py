"""The part that knows Sphinx: where the buttons go, and what they run."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from concurrent_doctest import collect, plan

from . import judge, pack

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata
    from sphinx.writers.html5 import HTML5Translator

BUILDER = "html"
FOLDER = "_static/run"
"""Where the plans of the pages and the archive lie in the site."""


class RunHere(nodes.General, nodes.Element):
    """Stands behind a block and its output: for the buttons, which a script adds, or a note why there are none."""


def _visit(translator: HTML5Translator, node: RunHere) -> None:
    if node["needs"]:
        said = f"{'Uses a block above that needs' if node['behind'] else 'Needs'} {node['needs']}: run it with python3."
        translator.body.append(f'<p class="run-note" data-pagefind-ignore>{translator.encode(said)}</p>\n')
    else:
        attributes = {"data-page": node["page"], "data-block": node["block"], "data-pagefind-ignore": ""}
        translator.body.append(translator.starttag(node, "div", "", CLASS="run-here", **attributes))
        translator.body.append("</div>\n")
    raise nodes.SkipNode


def _on(app: Sphinx) -> bool:
    return app.builder.name == BUILDER and bool(app.config.run_here_pyodide)


def _root(app: Sphinx) -> Path:
    """The folder that the modules of the snippets are below, with its true name: files are compared."""
    return Path(app.srcdir).resolve().parent


def _blocks(doctree: nodes.document) -> Iterator[nodes.literal_block]:
    for node in doctree.findall(nodes.literal_block):
        if "concurrent_doctest" in node and node.get("testnodetype") in plan.TESTS:
            yield node


def _note_imports(app: Sphinx, doctree: nodes.document) -> None:
    """A page is read again when a module that its blocks import has changed: it may need threads now."""
    root = _root(app)
    for node in _blocks(doctree):
        kind, source = node["testnodetype"], node.get("test", node.astext())
        tree = judge.parsed(plan.Block("?", 1, kind, source)) if kind != "program" else None
        for file in judge.imported(tree, root) if tree else ():
            app.env.note_dependency(str(file))


def _add(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put a node behind each block, and write what the page's buttons run."""
    if not _on(app):
        return
    target = Path(app.outdir) / FOLDER / "pages" / f"{docname}.json"
    target.unlink(missing_ok=True)
    whole = collect.collect(app.env, app.config, [docname], app.config.run_here_python)
    if not whole.documents:
        return
    (document,) = whole.documents
    verdicts: dict[str, judge.Verdict] = {}
    groups = []
    for group in document.groups:
        found = judge.judge(group, _root(app))
        verdicts |= found
        if (runs := judge.runnable(group, found)) is not None:
            groups.append(runs)
    for node in list(_blocks(doctree)):
        kept = node["concurrent_doctest"]
        block = f"{collect.shown(kept['path'])}:{kept['line']}"
        if not (verdict := verdicts.get(block, judge.Verdict(silent=True))).silent:
            node["classes"].append("run-code")
            _insert(node, RunHere(needs=verdict.needs, behind=verdict.behind, page=docname, block=block))
    if groups:
        kept_plan = replace(
            whole, documents=(replace(document, groups=tuple(groups)),), path=(), problems=(), not_run=()
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(plan.to_json(kept_plan), ensure_ascii=False, sort_keys=True) + "\n", "utf-8")


def _insert(block: nodes.Element, node: RunHere) -> None:
    """Put *node* behind *block*, its frame and its outputs."""
    if isinstance(block.parent, nodes.container) and block.parent.get("literal_block"):
        block = block.parent
    parent = block.parent
    index = parent.index(block) + 1
    while index < len(parent) and _belongs(parent, index):
        index += 1
    parent.insert(index, node)


def _belongs(parent: nodes.Element, index: int) -> bool:
    """Whether the child at *index* is an output, or the condition that stands above one."""
    child = parent[index]
    condition = isinstance(child, nodes.paragraph) and "block-condition" in child["classes"]
    shown = parent[index + 1] if condition and index + 1 < len(parent) else child
    return isinstance(shown, nodes.Element) and shown.get("testnodetype") == "testoutput"


def _add_files(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None) -> None:
    """Scripts and styles only where there is something to run."""
    if not _on(app) or doctree is None:
        return
    found = list(doctree.findall(RunHere))
    if found:
        app.add_css_file("run.css")
    if any(not node["needs"] for node in found):
        app.add_js_file("run.js", loading_method="defer")


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if app.builder.name != BUILDER or exception is not None:
        return
    static = Path(app.outdir) / "_static"
    package = Path(app.config.run_here_pyodide)
    if not _on(app):
        shutil.rmtree(Path(app.outdir) / FOLDER, ignore_errors=True)
        shutil.rmtree(static / "pyodide", ignore_errors=True)
        return
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    for old in (static / "pyodide").glob("*"):
        if old.name != version:
            shutil.rmtree(old)
    size = pack.copy_pyodide(package, static / "pyodide" / version)
    digest = pack.archive(_root(app), app.config.run_here_packages, static / "run/manual.zip")
    known = {
        "archive": f"run/manual.zip?v={digest}",
        "bytes": size,
        "python": f"pyodide/{version}/",
        "version": app.config.run_here_python,
    }
    (static / "run/site.json").write_text(json.dumps(known, sort_keys=True) + "\n", "utf-8")


def _note_python(app: Sphinx, config: Config) -> None:
    """The version of Python decides what is on the pages; where its folder lies does not."""
    if config.run_here_pyodide:
        lock = Path(config.run_here_pyodide) / "pyodide-lock.json"
        app.tags.add("run_here")  # for sentences about it
        config.run_here_python = json.loads(lock.read_text("utf-8"))["info"]["python"]


def register(app: Sphinx) -> ExtensionMetadata:
    """Register settings, node and events."""
    app.add_config_value("run_here_pyodide", os.environ.get("PYODIDE", ""), "", types=frozenset({str}))
    app.add_config_value("run_here_packages", ["examples"], "", types=frozenset({list}))
    app.add_config_value("run_here_python", "", "html", types=frozenset({str}))
    app.add_node(RunHere, html=(_visit, None))
    app.connect("config-inited", _note_python)
    app.connect("doctree-read", _note_imports)
    app.connect("doctree-resolved", _add, priority=600)  # behind the marks of the record, and so in front of them
    app.connect("html-page-context", _add_files)
    app.connect("build-finished", _finish)
    return {"version": "0.1.0", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
