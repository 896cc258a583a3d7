"""Finding one's way on the site: breadcrumbs, and links at headings that copy their address.

What is shown is in `_templates/find`, `find.css` and `copy-link.js`.  When the site has an address, search engines get
the breadcrumbs as a block of data, which is no script: a policy that allows only the site's own files lets it be.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from markupsafe import Markup

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def breadcrumb_list(trail: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The *trail* of titles and addresses, from the front page on, in the words of schema.org."""
    items = [
        {"@type": "ListItem", "position": position, "name": title, "item": address}
        for position, (title, address) in enumerate(trail, 1)
    ]
    return {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items}


def _add(app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    base = app.config.html_baseurl
    if app.builder.name != "html" or not base or doctree is None or pagename == app.config.root_doc:
        return
    here = urljoin(base, app.builder.get_target_uri(pagename))
    trail = [(app.config.project, base)]
    trail += [
        (Markup(parent["title"]).striptags(), urljoin(here, parent["link"])) for parent in context.get("parents", [])
    ]
    trail.append((Markup(context["title"]).striptags(), here))
    context["breadcrumb_list"] = breadcrumb_list(trail)


def _files(app: Sphinx) -> None:
    """A site has these; a book has neither headings to point at nor a clipboard."""
    if app.builder.name == "html":
        app.add_css_file("find.css")
        app.add_js_file("copy-link.js", loading_method="defer")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Give pages the style and the script, and the template the data."""
    app.connect("builder-inited", _files)
    app.connect("html-page-context", _add)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
