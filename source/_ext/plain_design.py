"""What paper and e-readers share: an order of pages, open tabs and dropdowns, colours of code.

sphinx-design folds content with inputs and styles that neither a printed page nor an e-reader has, and
the themes of a site choose colours for screens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.transforms.post_transforms import SphinxPostTransform

from plain_code import PlainBridge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

PLAIN_BUILDERS = frozenset({"pdf", "card", "epub", "apkg"})


def reading_order(includes: Mapping[str, Iterable[str]], root: str) -> Iterator[tuple[str, int]]:
    """Each document with its depth, parents before children, in the order of the contents lists."""
    seen: set[str] = set()

    def walk(docname: str, depth: int) -> Iterator[tuple[str, int]]:
        if docname not in seen:
            seen.add(docname)
            yield docname, depth
            for child in includes.get(docname, ()):
                yield from walk(child, depth + 1)

    return walk(root, 0)


def _panel(kind: str, title: nodes.Element | None, body: list[nodes.Node]) -> nodes.container:
    panel = nodes.container("", classes=["plain-panel", f"plain-{kind}"])
    if title is not None:
        label = nodes.paragraph("", "", nodes.strong("", "", *title.children), classes=["plain-label"])
        label["ids"] += title.get("ids", [])
        panel += label
    panel += body
    return panel


def _replace(box: nodes.Element, panel: nodes.Element) -> None:
    """Like ``box.replace_self``, which would hand the old classes on."""
    panel["ids"] += box["ids"]
    assert box.parent is not None
    box.parent.replace(box, panel)


def unfold(document: nodes.Element) -> None:
    """Replace each tab and dropdown in *document* by a titled panel, in place."""
    for box in list(document.findall(nodes.container)):
        component = box.get("design_component")
        if component == "tab-set":
            # Tab items become plain children; a class that only scripts and styles understand goes.
            box.attributes.pop("design_component")
            box["classes"] = ["plain-tabs"]
        elif component == "tab-item":
            label, content = box.children
            assert isinstance(label, nodes.Element)
            assert isinstance(content, nodes.Element)
            _replace(box, _panel("tab", label, content.children))
        elif component == "dropdown":
            title = box.children[0] if box["has_title"] else None
            assert title is None or isinstance(title, nodes.Element)
            _replace(box, _panel("dropdown", title, box.children[1:] if title is not None else box.children))


class Unfold(SphinxPostTransform):
    """Runs :func:`unfold` before sphinx-design writes its inputs (its priorities are 199 and 200)."""

    default_priority = 100

    def is_supported(self) -> bool:
        """Only builders whose readers can't click."""
        return self.env._app.builder.name in PLAIN_BUILDERS

    def run(self, **kwargs: Any) -> None:
        """Unfold this document."""
        unfold(self.document)


def _use_own_colours(app: Sphinx) -> None:
    builder = app.builder
    if builder.name in PLAIN_BUILDERS and isinstance(builder, StandaloneHTMLBuilder):
        builder.highlighter = PlainBridge("html", app.config.plain_design_pygments_style, lines=builder.name == "epub")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the transform."""
    app.add_post_transform(Unfold)
    app.add_config_value("plain_design_pygments_style", "plain_code.PlainStyle", "", types=frozenset({str}))
    app.connect("builder-inited", _use_own_colours)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
