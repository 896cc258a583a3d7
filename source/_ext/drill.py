"""The scripts and styles of the drill, on the pages that ask questions and on no others.

What they do is in `_static/drill.js` (filter, shuffle, progress) and `_static/drill-timer.js`; without
scripts the questions fold and unfold all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from questions import Question

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

SCRIPTS = ("drill-timer.js", "drill.js")
STYLES = "drill.css"


def _add_files(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if app.builder.name == "html" and doctree is not None and next(doctree.findall(Question), None) is not None:
        app.add_css_file(STYLES)
        for script in SCRIPTS:
            app.add_js_file(script, loading_method="defer")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the files when a page is written."""
    app.connect("html-page-context", _add_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
