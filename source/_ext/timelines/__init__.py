"""``{timeline}``: a drawing of what the tasks and threads of the block above did, recorded from a real run.

``make timelines`` runs the blocks and stores the records in ``source/_data/timelines``; a build draws from them, and
fails where a record is missing or is one of another text than the page has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive, the builder that records, and where the records lie below the source folder."""
    from . import directive, recorder

    app.add_config_value("timelines_folder", "_data/timelines", "env", types=frozenset({str}))
    app.add_builder(recorder.TimelinesBuilder)
    directive.register(app)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
