"""Runs snippets in the reader's browser: a Run button at each block that one thread of WebAssembly can run.

Python comes from the npm package ``pyodide``, which lies in the site and is fetched by nobody before a click.
Where the package is not there, the pages are what they are without this extension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register what puts the buttons on the pages.

    ``run_here_pyodide``: the folder of the npm package, by default what the environment has for ``PYODIDE``, as
    ``make`` sets it; empty, and nothing of this is on the pages.
    ``run_here_packages``: names of the folders, beside that of the sources, whose modules the snippets import.
    """
    # `make` fetches the package with a Python in which nothing is installed yet.
    from . import pages

    return pages.register(app)
