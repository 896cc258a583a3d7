"""Run the snippets of a documentation project about concurrency.

A Sphinx extension in three parts that share only data: *collect* reads doctrees and writes a plan, *run*
carries it out under any Python ≥ 3.11 with nothing installed, *report* turns results into text and XML.
It takes the place of :mod:`sphinx.ext.doctest`: same directives, same settings, same ``-b doctest``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives, the builder and its settings.

    ``concurrent_doctest_limit``: seconds a document may take (10).
    ``concurrent_doctest_interpreter``: the command of the Python that runs the snippets (the one of Sphinx).
    ``concurrent_doctest_strict``: leaks and blocks that check nothing fail; ``__name__`` is ``__main__``.
    ``concurrent_doctest_jobs``: documents that run at a time (two for each core).
    ``concurrent_doctest_start``: ``fork`` or ``spawn`` (what the system does best).
    ``concurrent_doctest_files_key``: the key of the front matter that lists a page's own project files.
    ``concurrent_doctest_accept``: rewrite wrong expected outputs in the sources, and show a diff (no).
    ``concurrent_doctest_pages``: what to run, as :func:`choose.choose` takes it (everything).
    """
    # The parts that run snippets work where Sphinx is not installed, so nothing here imports it earlier.
    from . import directives, program_directive
    from .builder import ConcurrentDocTestBuilder

    app.setup_extension("sphinx.ext.doctest")
    directives.register(app)
    program_directive.register(app)
    app.add_builder(ConcurrentDocTestBuilder, override=True)
    app.add_config_value("concurrent_doctest_limit", 10, "", types=frozenset({int, float}))
    app.add_config_value("concurrent_doctest_interpreter", "", "", types=frozenset({str}))
    app.add_config_value("concurrent_doctest_strict", False, "env", types=frozenset({bool}))
    app.add_config_value("concurrent_doctest_jobs", 0, "", types=frozenset({int}))
    app.add_config_value("concurrent_doctest_start", "", "", types=frozenset({str}))
    app.add_config_value("concurrent_doctest_files_key", "", "", types=frozenset({str}))
    app.add_config_value("concurrent_doctest_accept", False, "", types=frozenset({bool}))
    app.add_config_value("concurrent_doctest_pages", [], "", types=frozenset({list, tuple}))
    return {"version": "0.1.0", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
