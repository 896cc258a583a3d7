"""Run the snippets of a documentation project about concurrency.

For now this is :mod:`sphinx.ext.doctest` with two additions: a document whose front matter says
``clock: virtual`` runs on a virtual clock, and no document can hang the build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the builder and its one setting, ``concurrent_doctest_limit`` (seconds a document)."""
    from .builder import BoundedDocTestBuilder  # the rest of the package runs where Sphinx is not installed

    app.setup_extension("sphinx.ext.doctest")
    app.add_builder(BoundedDocTestBuilder, override=True)
    app.add_config_value("concurrent_doctest_limit", 60, "", types=frozenset({int, float}))
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
