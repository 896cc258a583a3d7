"""What happens to each page of the site once its template is filled in: its markup is mended, then it is made secure.

Other formats keep what their templates give.  What else makes a page fast, and usable by keyboard and on paper, is
loaded from here: `light_pages`, `sized_images`, `keyboard.css` and `paper.css`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError
from sphinx.jinja2glue import BuiltinTemplateLoader

from content_policy import PolicyError, secure
from theme_markup import MarkupError, mend

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.theming import Theme
    from sphinx.util.typing import ExtensionMetadata

BUILDER = "html"
HERE = Path(__file__).parent
STEPS = (Path(__file__), HERE / "content_policy.py", HERE / "theme_markup.py", HERE / "light_pages.py")
"""What makes a page, besides its source and the templates."""


class Templates(BuiltinTemplateLoader):
    """Sphinx's own templates, and what comes after them."""

    def init(self, builder: Builder, theme: Theme | None = None, dirs: list[str] | None = None) -> None:
        """Note which *builder* this is for."""
        super().init(builder, theme, dirs)
        self._finishes = builder.name == BUILDER
        self._secures = builder.config.finished_pages_secure
        static = Path(builder.srcdir) / "_static"
        # Pages name their styles and scripts with a checksum, so they are written again when one has changed.
        self._inputs = [*STEPS, *sorted(static.glob("*.css")), *sorted(static.glob("*.js"))]

    def render(self, template: str, context: dict[str, Any]) -> str:  # type: ignore[override]
        """Fill in *template*.

        :raises ExtensionError: for a page that can't be mended or secured; it names the page, and says why.
        """
        made = super().render(template, context)
        if not self._finishes or "<html" not in made[:200]:
            return made
        try:
            made = mend(made)
            return secure(made) if self._secures else made
        except (MarkupError, PolicyError) as error:
            raise ExtensionError(f"finished_pages: {context.get('pagename', template)}: {error}") from None

    def newest_template_mtime(self) -> float:
        """When the templates, or what else makes a page, changed last: then all pages are written again."""
        return max(super().newest_template_mtime(), *(path.stat().st_mtime for path in self._inputs))


def _add_files(app: Sphinx) -> None:
    if app.builder.name == BUILDER:
        app.add_css_file("keyboard.css", priority=810)
        app.add_css_file("paper.css", priority=820)
        app.add_js_file("keyboard.js", priority=810)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Put :class:`Templates` in the place of Sphinx's own."""
    app.config.template_bridge = f"{__name__}.Templates"
    # Off for `make live`, whose server puts a script of its own into each page.
    app.add_config_value("finished_pages_secure", True, "html", types=frozenset({bool}))
    app.setup_extension("light_pages")
    app.setup_extension("sized_images")
    app.connect("builder-inited", _add_files)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
