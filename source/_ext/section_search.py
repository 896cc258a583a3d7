"""The site's search: each section is a document of its own, found by Pagefind in the reader's browser.

A reader who pastes an error message wants the one section that explains it, and not the long page around it.
So each section becomes a small page for Pagefind, its heading weighing more than its text; `_static/search.js`
asks and shows the answers.  Sphinx's own search remains for a site that is read from a disk, where browsers let
no page fetch an index.
"""

from __future__ import annotations

import html
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

BUILDER = "html"
FOLDER = "pagefind"
"""Where the index lies in the site."""

HEADING_WEIGHT = 10
"""How much more a word of a heading counts than one of the text: the most that Pagefind takes."""

SAID_ELSEWHERE = frozenset({"page-metadata", "verified", "block-condition", "question-copy"})
"""Classes of what stands on every page, and would answer every search, or is a copy of another page's."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its *anchor* (empty for the page itself), its *title*, and its *text* without subsections."""

    anchor: str
    title: str
    text: str


def _words(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Text):
        yield str(node)
    elif isinstance(node, nodes.raw | nodes.comment | nodes.section):
        return
    elif isinstance(node, nodes.Element) and not SAID_ELSEWHERE.intersection(node.get("classes", [])):
        if isinstance(node, nodes.image) and node.get("alt"):
            yield f" {node['alt']} "
        for child in node.children:
            yield from _words(child)
        if not isinstance(node, nodes.Inline):
            yield " "


def sections(document: nodes.document) -> Iterator[Section]:
    """Each section of *document*, in its order; one without a heading has nothing to be found by."""
    for node in document.findall(nodes.section):
        heading = node.next_node(nodes.title, descend=True, siblings=False, ascend=False)
        if heading is None or heading.parent is not node or SAID_ELSEWHERE.intersection(node["classes"]):
            continue
        rest = (child for child in node.children if child is not heading)
        text = " ".join("".join(word for child in rest for word in _words(child)).split())
        top = node.parent is document
        yield Section("" if top else node["ids"][0], heading.astext(), text)


def page(section: Section, address: str, within: str) -> str:
    """*section* as the page that Pagefind reads; *within* is the title of the page at *address* that it is part of."""
    target = f"{address}#{section.anchor}" if section.anchor else address
    known = "".join(
        f'<p data-pagefind-ignore data-pagefind-meta="{name}">{html.escape(value)}</p>'
        for name, value in (("address", target), ("page", within))
    )
    return (
        f'<!doctype html><html lang="en"><body data-pagefind-body>{known}'
        f'<h1 data-pagefind-weight="{HEADING_WEIGHT}">{html.escape(section.title)}</h1>'
        f"<p>{html.escape(section.text)}</p></body></html>"
    )


def index(pages: Mapping[str, list[Section]], target: Path) -> int:
    """Write the index of *pages* (by address) into the folder *target*; returns how many sections it holds.

    :raises ExtensionError: when Pagefind fails; its own words are in the message.
    """
    count = 0
    with tempfile.TemporaryDirectory() as name:
        for address in sorted(pages):
            for section in pages[address]:
                shown = page(section, address, pages[address][0].title)
                Path(name, f"{count:06}.html").write_text(shown, "utf-8")
                count += 1
        made = Path(name, FOLDER)
        command = [sys.executable, "-m", "pagefind", "--site", name, "--output-path", str(made), "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not (made / "pagefind.js").is_file():
            raise ExtensionError(f"section_search: Pagefind made no index: {done.stdout}{done.stderr}".strip())
        for unused in (*made.glob("pagefind-*ui.*"), made / "pagefind-highlight.js"):  # what search.js does without
            unused.unlink()
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)
    return count


def _folder(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "section_search"


def _keep(app: Sphinx, pagename: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Note the sections of a page that is written; an incremental build writes only what has changed."""
    if app.builder.name == BUILDER and doctree is not None:
        _write(_folder(app) / f"{pagename}.json", doctree)


def _write(kept: Path, doctree: nodes.document) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps([asdict(section) for section in sections(doctree)]), "utf-8")


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if app.builder.name != BUILDER or exception is not None:
        return
    pages = {}
    for docname in sorted(app.env.found_docs):
        kept = _folder(app) / f"{docname}.json"
        if not kept.is_file():
            # Another format has read the sources again since this page was written.
            _write(kept, app.env.get_and_resolve_doctree(docname, app.builder))
        if found := [Section(**each) for each in json.loads(kept.read_text("utf-8"))]:
            pages[app.builder.get_target_uri(docname)] = found
    count = index(pages, Path(app.outdir) / FOLDER)
    logger.info("section_search: %d sections", count)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Collect the sections of each page, and index them when the site is built."""
    app.connect("html-page-context", _keep)
    app.connect("build-finished", _finish)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
