"""All that helps a reader to find something besides the search, as one extension."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

PARTS = ("api_links", "markdown_pages", "finding_aids", "redirects")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Set up each part; what it does is in its own module."""
    for part in PARTS:
        app.setup_extension(part)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
