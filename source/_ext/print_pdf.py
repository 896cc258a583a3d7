"""The manual as one PDF: tagged (PDF/UA), with bookmarks, contents, running heads and an index.

Each document is rendered by Sphinx's own HTML writer, its ids made unique, and the whole laid out by
WeasyPrint.  Sphinx's ``singlehtml`` was not used as it is: it repeats ids, links across pages to
``#document-x#anchor``, which exists nowhere, and puts child pages into the middle of their parent.
"""

from __future__ import annotations

import datetime
import html
import logging as std_logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from docutils import nodes
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.environment.adapters.indexentries import IndexEntries
from sphinx.util import logging
from sphinx.util.console import term_width_line
from sphinx.util.display import status_iterator

from plain_design import reading_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)


def anchor(docname: str, identifier: str = "") -> str:
    """The id that stands, in the one file, for *identifier* of the document *docname*."""
    prefix = docname.replace("/", "--")
    return f"{prefix}---{identifier}" if identifier else prefix


def one_file_uri(uri: str) -> str:
    """Turn ``#page#id``, which Sphinx makes for a link across documents, into ``#page---id``."""
    if not uri.startswith("#") or uri.count("#") == 1:
        return uri
    _, page, identifier = uri.split("#", 2)
    return f"#{page}---{identifier}"


def make_ids_unique(doctree: nodes.Element, docname: str) -> None:
    """Prefix each id of *doctree* with its document, and point its links to the prefixed ids."""
    for node in doctree.findall(nodes.Element):
        for key in ("ids", "backrefs"):
            if node.get(key):
                node[key] = [anchor(docname, identifier) for identifier in node[key]]
        for key in ("refid", "html_id"):
            if node.get(key):
                node[key] = anchor(docname, node[key])
        if node.get("refuri"):
            node["refuri"] = one_file_uri(node["refuri"])
        if isinstance(node, addnodes.index):
            node["entries"] = [
                (kind, text, anchor(docname, identifier), main, key)
                for kind, text, identifier, main, key in node["entries"]
            ]


class _WarningsToSphinx(std_logging.Handler):
    """What WeasyPrint objects to is a warning of the build, and so an error."""

    def emit(self, record: std_logging.LogRecord) -> None:
        if record.levelno >= std_logging.WARNING:
            logger.warning("PDF: %s", record.getMessage(), type="print_pdf")


class _ProgressToSphinx(std_logging.Handler):
    """Shows which page is laid out: on a terminal each one, elsewhere only the steps."""

    def emit(self, record: std_logging.LogRecord) -> None:
        step, _, detail = record.getMessage().partition(" - ")
        if sys.stdout.isatty() or "Page" not in detail:
            logger.info(term_width_line(f"PDF: {detail or step}"), nonl=True)


def _connect_logs() -> None:
    """Route what WeasyPrint logs to Sphinx, and nowhere else: a theme may have set up the root logger."""
    for name, handler in (("weasyprint", _WarningsToSphinx()), ("weasyprint.progress", _ProgressToSphinx())):
        log = std_logging.getLogger(name)
        log.handlers[:] = [handler]
        log.propagate = False
    std_logging.getLogger("weasyprint.progress").setLevel(std_logging.INFO)
    std_logging.getLogger("fontTools").setLevel(std_logging.WARNING)


class PrintPdfBuilder(SingleFileHTMLBuilder):
    """Builds one PDF of all documents that the contents lists reach."""

    name = "pdf"
    epilog = "The PDF is in %(outdir)s."
    search = False
    download_support = False  # one file: a link to a download would point into the folder of the build

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Where a document begins in the one file."""
        return f"#{anchor(docname)}"

    def write_documents(self, _docnames: Set[str]) -> None:
        """Render each document, then lay out the whole."""
        from weasyprint import CSS, HTML  # needs Pango: only this builder does
        from weasyprint.text.fonts import FontConfiguration

        self.prepare_writing(set(self.env.all_docs))
        self.secnumbers = {}
        self.fignumbers = {}
        self.imgpath = "_images"
        order = list(reading_order(self.env.toctree_includes, self.config.root_doc))
        documents = [
            self._document(docname, depth)
            for docname, depth in status_iterator(
                order,
                "rendering... ",
                "darkgreen",
                len(order),
                self._app.verbosity,
                stringify_func=lambda item: item[0],
            )
        ]
        self.copy_image_files()
        self._write_images_named_in_styles()
        data = Path(self.srcdir) / "_data/print"
        page = self._page(data, documents)
        (Path(self.outdir) / "print.html").write_text(page, "utf-8")
        _connect_logs()
        fonts = FontConfiguration()
        HTML(string=page, base_url=f"{self.outdir}/").write_pdf(
            Path(self.outdir) / self.config.print_pdf_name,
            stylesheets=[
                CSS(string=self.highlighter.get_stylesheet()),
                CSS(filename=data / "print.css", font_config=fonts),
            ],
            font_config=fonts,
            pdf_variant="pdf/ua-1",
        )

    def finish(self) -> None:
        """Everything is in the one file."""

    def _write_images_named_in_styles(self) -> None:
        target = Path(self.outdir) / "_images"
        target.mkdir(exist_ok=True)
        if self.config.html_logo:
            logo = Path(self.srcdir) / self.config.html_logo
            (target / logo.name).write_bytes(logo.read_bytes())

    def _document(self, docname: str, depth: int) -> dict[str, Any]:
        doctree = self.env.get_and_resolve_doctree(docname, self, tags=self.tags)
        for contents in list(doctree.findall(nodes.compound)):
            if "toctree-wrapper" in contents["classes"]:
                contents.parent.remove(contents)
        self.post_process_images(doctree)
        make_ids_unique(doctree, docname)
        body = "".join(self.render_partial(node)["fragment"] for node in doctree.children)
        title = self.env.titles[docname].astext()
        return {"id": anchor(docname), "title": title, "depth": depth, "body": body}

    def _page(self, data: Path, documents: list[dict[str, Any]]) -> str:
        moment = float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
        templates = Environment(loader=FileSystemLoader(data), autoescape=True, undefined=StrictUndefined)
        return templates.get_template("print.html").render(
            title=self.config.project,
            subject=self.config.print_pdf_subject,
            author=self.config.author,
            version=self.config.release,
            language=self.config.language,
            site=self.config.html_baseurl,
            logo=Path(self.config.html_logo or "").name,
            date=datetime.datetime.fromtimestamp(moment, datetime.UTC).date(),
            documents=documents,
            index=self._index({document["id"] for document in documents}),
        )

    def _index(self, printed: Set[str]) -> list[tuple[str, list[dict[str, Any]]]]:
        def links(pairs: Iterable[tuple[str | None, str | Literal[False]]]) -> list[str]:
            # A page that no contents list reaches is reported as such, and is not in the book.
            return [one_file_uri(uri) for _, uri in pairs if uri and uri.split("#")[1] in printed]

        return [
            (
                letter,
                [
                    {
                        "text": html.unescape(text),
                        "links": links(targets),
                        "below": [{"text": html.unescape(sub), "links": links(places)} for sub, places in subitems],
                    }
                    for text, (targets, subitems, _key) in entries
                ],
            )
            for letter, entries in IndexEntries(self.env).create_index(self)
        ]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the builder ``pdf`` and its two settings."""
    app.setup_extension("sphinx.builders.singlehtml")
    app.add_builder(PrintPdfBuilder)
    app.add_config_value("print_pdf_name", lambda config: f"{config.project}.pdf", "", types=frozenset({str}))
    app.add_config_value("print_pdf_subject", "", "", types=frozenset({str}))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
