"""The directive, and what stands in its place in each kind of output."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from xml.sax.saxutils import quoteattr

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from concurrent_doctest import collect
from concurrent_doctest.hashing import file_hashes
from concurrent_doctest.plan import TESTS

from . import capture, words
from .drawing import NARROW, WIDE, lanes_svg
from .graph import graph_svg
from .record import Record, RecordError, file_name, loaded
from .view import View, ViewError, parse_lanes, view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from docutils.nodes import Node
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

ADVICE = "run `make timelines`"
PAPER = 600
"""Width of a drawing in print and on e-readers, in pixels: nothing is made smaller on a page of A4."""


class Timeline(nodes.General, nodes.Element):
    """Stands for a drawing until the page is written; its children are the caption.

    ``block`` is the id of the block that is drawn, "" if none stands before it, and ``group`` the block's group.
    """


def _seconds(argument: str) -> float:
    return float(directives.unchanged_required(argument))


def _shown(argument: str) -> str:
    return directives.choice(argument, ("lanes", "graph"))


class TimelineDirective(SphinxDirective):
    """Draws the last block before it, or the last one of the group that its argument names."""

    optional_arguments = 1
    option_spec: ClassVar[dict[str, Callable[[str], object]]] = {
        "caption": directives.unchanged_required,
        "lanes": directives.unchanged_required,
        "from": _seconds,
        "until": _seconds,
        "show": _shown,
    }

    def run(self) -> list[Node]:
        caption = self.options.get("caption")
        if not caption:
            raise self.error("timeline: it needs a ':caption:', one sentence on what to look at")
        found, messages = self.parse_inline(caption, lineno=self.lineno)
        node = Timeline("", *found)
        node["group"] = self.arguments[0] if self.arguments else ""
        node["options"] = {name: self.options.get(name) for name in ("lanes", "from", "until")}
        node["show"] = self.options.get("show", "lanes")
        node["title"] = "".join(part.astext() for part in found)
        self.set_source_info(node)
        return [node, *messages]


def _find_blocks(app: Sphinx, doctree: nodes.document) -> None:
    """Note for each drawing which block it shows, and that the page rests on the file with its record."""
    last: dict[str, str] = {}
    latest, pages = "", _pages(app.env)
    for node in doctree.findall(nodes.Element):
        if isinstance(node, Timeline):
            group = node["group"] or latest
            node["group"], node["block"] = group, last.get(group, "")
            _depend(app, _folder(app) / file_name(app.env.docname, group))
            pages.setdefault(app.env.docname, []).append(node["block"])
        elif (kept := node.get("concurrent_doctest")) is not None and node.get("testnodetype") in TESTS:
            for group in node["groups"]:
                last[group] = f"{collect.shown(kept['path'])}:{kept['line']}"
                latest = group


def _depend(app: Sphinx, file: Path) -> None:
    """Let the page be read again when its records change, or a file that they rest on."""
    app.env.note_dependency(str(file))
    with suppress(RecordError):  # said when the page is drawn
        for record in loaded(file).values():
            for name in record.files:
                app.env.note_dependency(str(app.srcdir.parent / name))


def _folder(app: Sphinx) -> Path:
    return Path(app.srcdir, app.config.timelines_folder)


def _pages(env: BuildEnvironment) -> dict[str, list[str]]:
    """The ids of the blocks that are drawn, by the name of their page."""
    if not hasattr(env, "timeline_pages"):
        env.timeline_pages = {}  # type: ignore[attr-defined]
    return env.timeline_pages  # type: ignore[attr-defined, no-any-return]


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _pages(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    _pages(env).update({name: blocks for name, blocks in _pages(other).items() if name in set(docnames)})


# -- in the place of the directive -------------------------------------------------------------------------


def _record(app: Sphinx, docname: str, node: Timeline, keys: dict[str, str]) -> Record | str:
    """The record that *node* draws, or why there is none."""
    if not node["block"]:
        group = f" of the group {node['group']!r}" if node["group"] else ""
        return f"no block{group} stands before it"
    file = _folder(app) / file_name(docname, node["group"])
    try:
        records = loaded(file)
    except RecordError as error:
        return str(error)
    record = records.get(keys.get(node["block"], ""))
    root = app.srcdir.parent
    if record is None:
        state = "has changed since it was recorded" if records else "has no record"
        return f"{node['block']} {state}; {ADVICE}"
    if stale := [name for name, digest in file_hashes(record.files, root).items() if record.files[name] != digest]:
        return f"{stale[0]}, which {node['block']} rests on, has changed since it was recorded; {ADVICE}"
    return record


def _draw(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    places = list(doctree.findall(Timeline))
    if not places:
        return
    plan = collect.collect(app.env, app.config, [docname], "3.11.0")
    keys = {
        key: digest
        for document in plan.documents
        for key, digest in capture.keys(document, plan, app.srcdir.parent).items()
    }
    for node in places:
        found = _record(app, docname, node, keys)
        if isinstance(found, str):
            logger.warning("timeline: %s", found, location=node)
            node.parent.remove(node)
            continue
        try:
            node.parent.replace(node, _shown_as(app.builder, docname, node, found))
        except ViewError as error:
            logger.warning("timeline: %s: %s", node["block"], error, location=node)
            node.parent.remove(node)


def _shown_as(builder: Builder, docname: str, node: Timeline, record: Record) -> list[Node]:
    options = node["options"]
    if node["show"] == "graph":
        if not record.waits:
            raise ViewError("nobody waits for anybody in it; ':show: graph' is for a deadlock")

        def draw(width: int, standalone: bool = False) -> str:
            return graph_svg(record.lanes, record.waits, width, node["title"], standalone=standalone)

        told = [("", text) for text in words.ring(record.lanes, record.waits)]
    else:
        seen: View = view(
            record, lanes=parse_lanes(options["lanes"] or ""), begin=options["from"], until=options["until"]
        )

        def draw(width: int, standalone: bool = False) -> str:
            return lanes_svg(seen, width, node["title"], standalone=standalone)

        told = words.moments(seen)
    items = [
        nodes.list_item(
            "", nodes.paragraph("", "", *([nodes.strong("", at), nodes.Text(" ")] if at else []), nodes.Text(text))
        )
        for at, text in told
    ]
    listing = nodes.bullet_list("", *items, classes=["timeline-words"])
    caption = nodes.paragraph("", "", *[child.deepcopy() for child in node.children], classes=["timeline-caption"])
    about = f" Recorded on CPython {record.interpreter}."
    caption += nodes.inline("", about, classes=["timeline-recorded"])
    if builder.format != "html":
        return [caption, listing]
    if builder.name in {"pdf", "epub"}:
        return [*_figure(_image(builder, docname, draw(PAPER, True), node["title"]), caption), listing]
    # Two drawings, of which a page shows the one that fits: so nothing is made too small to read.
    drawings = (("wide", WIDE), ("narrow", NARROW))
    both = "".join(f'<div class="timeline-{name}" data-pagefind-ignore>{draw(width)}</div>' for name, width in drawings)
    fold = nodes.raw(
        "", '<details class="timeline-told" data-pagefind-ignore><summary>In words</summary>', format="html"
    )
    return [*_figure(both, caption), fold, listing, nodes.raw("", "</details>", format="html")]


def _figure(drawing: str, caption: nodes.paragraph) -> list[Node]:
    """A figure in HTML: the node of docutils would have to be numbered."""
    begin = nodes.raw("", f'<figure class="timeline">{drawing}<figcaption>', format="html")
    return [begin, caption, nodes.raw("", "</figcaption></figure>", format="html")]


def _image(builder: Builder, docname: str, drawing: str, title: str) -> str:
    """An image of *drawing*, as a file of its own: an e-reader objects to drawings inside a page."""
    name = f"timeline-{hashlib.sha256(drawing.encode()).hexdigest()[:16]}.svg"
    folder = Path(builder.outdir) / "_images"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(drawing, "utf-8")
    up = relative_uri(builder.get_target_uri(docname), "_images") if builder.name == "epub" else "_images"
    return f'<img src="{up}/{name}" alt={quoteattr(f"{title} The list below says the same in words.")} />'


def _add_style(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, object], doctree: nodes.document | None
) -> None:
    """A page with a drawing has its style; the drawings of an ePub bring their own."""
    if app.builder.name != "epub" and pagename in _pages(app.env):
        app.add_css_file("timeline.css")


def register(app: Sphinx) -> None:
    """Register the directive and what goes with it."""
    app.add_node(Timeline)
    app.add_directive("timeline", TimelineDirective)
    app.connect("doctree-read", _find_blocks)
    app.connect("doctree-resolved", _draw)
    app.connect("html-page-context", _add_style)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
