"""Each page as Markdown beside its HTML, and ``llms.txt``, the list of them, by the convention of llmstxt.org.

sphinx-llms-txt would not do: what it hands out is the source, whose directives and file views only Sphinx resolves.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders.html import StandaloneHTMLBuilder

from markdown_writer import markdown
from plain_design import reading_order

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

BUILDER = "html"
LIST = "llms.txt"


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the list: its *depth* in the contents, its *title*, its *address* and what it says of itself."""

    depth: int
    title: str
    address: str
    description: str


def contents(title: str, summary: str, entries: Iterable[Entry]) -> str:
    """The text of ``llms.txt``: pages without pages below them come first, then a section for each that has some."""
    sections: list[list[Entry]] = []
    for entry in entries:
        if entry.depth <= 1 or not sections:
            sections.append([])
        sections[-1].append(entry)
    alone = [entry for section in sections if len(section) == 1 for entry in section]
    parts = [f"# {title}", f"> {summary}"]
    for name, pages in [
        ("Start here", alone),
        *((section[0].title, section) for section in sections if len(section) > 1),
    ]:
        if pages:
            lines = [f"- [{page.title}]({page.address}): {page.description}".removesuffix(": ") for page in pages]
            parts.append(f"## {name}\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def as_markdown(address: str, docname: str, docnames: Iterable[str]) -> str:
    """*address*, a link of the page *docname*, to the Markdown of the page that it leads to, if that is one of ours."""
    path, mark, fragment = address.partition("#")
    if "://" in path or not path.endswith(".html"):
        return address
    target = posixpath.normpath(posixpath.join(posixpath.dirname(docname), path)).removesuffix(".html")
    return f"{path.removesuffix('.html')}.md{mark}{fragment}" if target in docnames else address


def _write(app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    builder = app.builder
    if builder.name != BUILDER or doctree is None or not isinstance(builder, StandaloneHTMLBuilder):
        return
    docnames = app.env.found_docs

    def image(uri: str) -> str:
        return posixpath.join(builder.imgpath, builder.images[uri]) if uri in builder.images else uri

    text = markdown(doctree, lambda address: as_markdown(address, pagename, docnames), image)
    path = Path(app.outdir) / f"{pagename}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    context["markdown_page"] = posixpath.basename(pagename) + ".md"


def _list(app: Sphinx, exception: Exception | None) -> None:
    if app.builder.name != BUILDER or exception is not None:
        return
    env, root = app.env, app.config.root_doc

    def description(docname: str) -> str:
        return str(env.metadata[docname].get("og:description", ""))

    entries = [
        Entry(depth, env.titles[docname].astext(), f"{app.config.html_baseurl}{docname}.md", description(docname))
        for docname, depth in reading_order(env.toctree_includes, root)
        if docname in env.titles
    ]
    text = contents(app.config.project, description(root), entries)
    (Path(app.outdir) / LIST).write_text(text, "utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Write the pages as they are written in HTML, and the list at the end."""
    app.connect("html-page-context", _write)
    app.connect("build-finished", _list)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
