"""What a page loads: one style sheet for what all pages need, and scripts that wait for the page.

Each style sheet delays the first sight of a page by a round trip, and a site gathers them: the theme's, each
extension's, the manual's own.  Those of all pages become one file; a page's own stay as they are.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from furo import get_pygments_stylesheet  # type: ignore[import-untyped]
from sphinx.errors import ExtensionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

BUILDER = "html"
MERGED = "_static/site.css"
_ADDRESS = re.compile(r"""url\(\s*(?!["']?(?:data:|#))|@import""")


def merged(sheets: Iterable[tuple[str, str]]) -> str:
    """One style sheet of *sheets*, pairs of name and content, in their order.

    :raises ValueError: for an address in one of them: it would be looked for beside the merged file.
    """
    parts = []
    for name, content in sheets:
        if found := _ADDRESS.search(content):
            line = content.count("\n", 0, found.start()) + 1
            raise ValueError(f"{name}:{line}: {found[0]}...: a style sheet of all pages can't load other files")
        content = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", content.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
        parts.append(f"/* {name} */\n{content.strip()}\n")
    return "".join(parts)


def _write(path: Path, content: str) -> None:
    """Put *content* at *path* in one step; another process may write the same."""
    if path.is_file() and path.read_text("utf-8") == content:
        return
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    os.chmod(name, 0o644)
    os.replace(name, path)


def _content(folder: Path, name: str) -> str:
    # The theme writes this one at the very end of a build.
    return get_pygments_stylesheet() if name == "_static/pygments.css" else (folder / name).read_text("utf-8")


def _lighten(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    if app.builder.name != BUILDER:
        return
    for script in context["script_files"]:
        # They stand at the end of a page and change nothing that is drawn; kept in order, the parser need not wait.
        if "async" not in script.attributes and script.attributes.get("type") != "module":
            script.attributes["defer"] = "defer"
    common = [sheet for sheet in app.builder._orig_css_files if "://" not in str(sheet.filename)]  # type: ignore[attr-defined]
    common.sort(key=lambda sheet: sheet.priority)
    if not common:
        return
    names = [str(sheet.filename) for sheet in common]
    if not getattr(app, "_light_pages_written", False):
        folder = Path(app.outdir)
        try:
            _write(folder / MERGED, merged((name, _content(folder, name)) for name in names))
        except ValueError as error:
            raise ExtensionError(f"light_pages: {error}") from None
        except FileNotFoundError as error:
            message = f"light_pages: {error.filename}: a style sheet of all pages is no file of html_static_path"
            raise ExtensionError(message) from None
        app._light_pages_written = True  # type: ignore[attr-defined]
    own = [sheet for sheet in context["css_files"] if sheet not in common]
    context["css_files"] = [type(common[0])(MERGED, priority=0), *own]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Look at what each page loads, after all others have said what it needs."""
    app.connect("html-page-context", _lighten, priority=900)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
