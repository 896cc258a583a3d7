"""An ePub that validates, reflows, and is the same bytes each time it is built."""

from __future__ import annotations

import html
import os
import re
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.builders.epub3 import Epub3Builder
from sphinx.util import logging

from plain_design import reading_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

# What copy buttons and tabs need on a screen; an e-reader runs no scripts, and validators object.
SCREEN_ONLY = ("copybutton", "clipboard", "sphinx-design", "design-tabs", "sd_")


def _screen_only(filename: str) -> bool:
    return any(word in filename for word in SCREEN_ONLY)


def pack(folder: Path, names: Iterable[str], target: Path, *, moment: float) -> None:
    """Zip the files *names* of *folder* into *target*, sorted, all dated *moment* (seconds since 1970).

    The file ``mimetype`` comes first and uncompressed, as the container format of ePub asks.
    """
    date = time.gmtime(max(moment, 315_532_800))[:6]  # a zip can't hold a date before 1980
    with zipfile.ZipFile(target, "w") as archive:
        for name in ["mimetype", *sorted(set(names) - {"mimetype"})]:
            entry = zipfile.ZipInfo(name, date)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, (folder / name).read_bytes(), compresslevel=9)


class ReflowEpubBuilder(Epub3Builder):
    """Sphinx's ePub builder, without what only a screen needs, and packed reproducibly."""

    def init(self) -> None:
        super().init()
        self.config.html_css_files = [entry for entry in self.config.html_css_files if entry[0] != "manual.css"]
        # What only the site loads: style sheets with selectors that ePub has not, and modules of scripts, of which
        # Sphinx warns where it leaves out other scripts by itself.
        used = {entry if isinstance(entry, str) else entry[0] for entry in self.config.epub_css_files}
        static = Path(self.srcdir, "_static")
        unused = sorted(path.name for kind in ("*.mjs", "*.css") for path in static.glob(kind) if path.name not in used)
        self.config.epub_exclude_files = [
            *self.config.epub_exclude_files,
            *(f"_static/{name}" for name in unused),
        ]

    def prepare_writing(self, docnames: Set[str]) -> None:
        super().prepare_writing(docnames)
        self._css_files[:] = [file for file in self._css_files if not _screen_only(str(file.filename))]
        self._js_files.clear()

    def get_toc(self) -> None:
        """List a child page below its parent, and not below the section that holds the contents list."""
        super().get_toc()
        depths = {
            self.get_target_uri(name): depth
            for name, depth in reading_order(self.env.toctree_includes, self.config.root_doc)
        }
        shift = 0
        for entry in self.refnodes:
            if "#" not in entry["refuri"]:
                shift = max(1, depths.get(entry["refuri"], 1)) - entry["level"]
            entry["level"] += shift

    def build_content(self) -> None:
        """Say, too, which image is the cover: Sphinx does so as ePub 2 did, and readers of ePub 3 look here."""
        super().build_content()
        if self.config.epub_cover:
            image = self.config.epub_cover[0]
            package = Path(self.outdir) / "content.opf"
            text = package.read_text("utf-8")
            marked = text.replace(f'href="{image}"', f'href="{image}" properties="cover-image"')
            if marked == text:
                logger.warning("epub_cover: there is no image %s among the files of the book", image)
            package.write_text(marked, "utf-8")

    def build_epub(self) -> None:
        """Pack what was written; the same input gives the same bytes."""
        names = ["META-INF/container.xml", "content.opf", "toc.ncx", "nav.xhtml", *self.files]
        moment = float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
        pack(Path(self.outdir), names, Path(self.outdir) / f"{self.config.epub_basename}.epub", moment=moment)


LONG_PART = 24
"""Characters without a place to break from which a word of code may break anywhere."""


def with_breaks(body: str) -> str:
    """Let long names in code break between their parts, as behind ``concurrent.``, and not in the middle of one."""

    def parts(word: re.Match[str]) -> str:
        text = word[1]
        if len(html.unescape(text)) <= 10:
            return word[0]
        if "&" not in text:
            # Behind a dot, an underscore or a bracket, and before the next word of a CamelCase name.
            text = re.sub(r"(?<=[._(\[=/])(?=[^\W_])|(?<=[a-z])(?=[A-Z])", "<wbr />", text)
        longest = max(len(html.unescape(part)) for part in text.split("<wbr />"))
        return f'<span class="pre{" long" if longest >= LONG_PART else ""}">{text}</span>'

    return re.sub(r'<span class="pre">([^<]*)</span>', parts, body)


def _drop_page_parts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, object], doctree: nodes.document | None
) -> None:
    """A page of an ePub links to no script, and fits a small screen."""
    if app.builder.name == "epub":
        context["script_files"] = []
        if "body" in context:
            context["body"] = with_breaks(str(context["body"]))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Take the place of Sphinx's ePub builder."""
    app.setup_extension("sphinx.builders.epub3")
    app.add_builder(ReflowEpubBuilder, override=True)
    app.connect("html-page-context", _drop_page_parts, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
