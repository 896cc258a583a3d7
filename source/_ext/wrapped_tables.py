"""Leave an id on one element: furo puts a table into a container, and copies the ids of the table to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


class OneId(SphinxPostTransform):
    """Takes from the table what its container has; an id in two places is no HTML, and breaks the PDF's links."""

    formats = ("html",)
    default_priority = 501  # right behind furo's own

    def run(self, **kwargs: object) -> None:
        """Look at every table of one document."""
        for table in self.document.findall(nodes.table):
            if table.parent["ids"] and table.parent["ids"] == table["ids"]:
                table["ids"] = []


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the transform."""
    app.add_post_transform(OneId)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
