"""Listings of files: without the empty lines at their end, and in the colours of Python where they are Python.

A region of a file ends with the empty lines that stand before its marker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.transforms import SphinxTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


class TrimListings(SphinxTransform):
    """Trims what ``literalinclude`` shows; a block that is run stays as it was written."""

    default_priority = 500

    def apply(self, **kwargs: object) -> None:
        """Trim the listings of one document."""
        for node in self.document.findall(nodes.literal_block):
            if "source" in node and "testnodetype" not in node:
                text = node.astext().rstrip("\n") + "\n"
                node.rawsource = text
                node.children = []
                node += nodes.Text(text)
                if str(node["source"]).endswith(".py") and node.get("language") in {None, "none", "default"}:
                    node["language"] = "python"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the transform."""
    app.add_transform(TrimListings)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
