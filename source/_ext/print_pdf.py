"""The manual as one PDF: tagged (PDF/UA), with bookmarks, contents, running heads and an index.

Each document is rendered by Sphinx's own HTML writer, its ids made unique, and the whole laid out by
WeasyPrint.  Sphinx's ``singlehtml`` was not used as it is: it repeats ids, links across pages to
``#document-x#anchor``, which exists nowhere, and puts child pages into the middle of their parent.
"""

from __future__ import annotations

import datetime
import html
import logging as std_logging
import math
import os
import re
import time
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from docutils import nodes
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.environment.adapters.indexentries import IndexEntries
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.display import status_iterator

from plain_design import reading_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)
_T = TypeVar("_T")


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


NOWHERE = "nowhere:"
"""What an address begins with that has no place: the card of a manual whose site has no address yet."""
CARD_PAGES = 2
SHOWN = "shown-"
"""How the names of places begin that ``api_links`` gives to blocks."""
COLUMNS = 92
"""Characters of code that fit between the margins; the rest of a longer line goes onto the next one."""
SHORT = 24
"""Lines up to which a block of code stays on one page: where it does not fit, a third of the page stays empty."""


def mark_short_blocks(doctree: nodes.Element) -> None:
    """Give each block of code that is to stay on one page the class ``short``."""
    for block in doctree.findall(nodes.literal_block):
        lines = block.astext().rstrip("\n").split("\n")
        if sum(max(1, math.ceil(len(line) / COLUMNS)) for line in lines) <= SHORT:
            block["classes"].append("short")


def mark_headings_of_tables(doctree: nodes.Element) -> None:
    """Give each heading that a table or a grid follows at once the class ``above-table``.

    WeasyPrint moves a table whose first rows find no room, and leaves the heading: it has to ask for that room itself.
    """
    for section in doctree.findall(nodes.section):
        content = [child for child in section if not isinstance(child, nodes.Invisible | addnodes.index)]
        match content:
            case [nodes.title() as heading, nodes.table() | nodes.container(), *_]:
                heading["classes"].append("above-table")


def without_code_anchors(doctree: nodes.Element) -> None:
    """Take away the places that names in code lead to on the site: no link of a book leads there.

    As empty lines they would come between a block's condition and its caption, and a page could end there.
    """
    blocks: list[nodes.Element] = [*doctree.findall(nodes.container), *doctree.findall(nodes.literal_block)]
    for block in blocks:
        block["ids"] = [name for name in block["ids"] if not name.startswith(SHOWN)]


def without_needless_spans(body: str) -> str:
    """Leave out the spans around each word of inline code, and Pygments' help for old browsers.

    They change nothing on paper, except that WeasyPrint breaks the last word of a line anywhere in its span.
    """
    return re.sub(r'<span class="pre">([^<]*)</span>', r"\1", body.replace("<pre><span></span>", "<pre>"))


ANCHORS = r'((?:<span (?:class="target" )?id="[^"]*"></span>\s*)+)'


def anchors_into_headings(body: str) -> str:
    """Move anchors that stand before or behind a heading into it.

    Each of them is a line of no height, and a page may end at a line: the heading above it would be left alone.
    """
    body = re.sub(rf"{ANCHORS}(<h[1-6][^>]*>)", r"\2\1", body)
    return re.sub(rf"(</h[1-6]>)\s*{ANCHORS}", r"\2\1", body)


def mark_lead_ins(doctree: nodes.Element) -> None:
    """Give each paragraph that announces the block, table or list behind it the class ``lead-in``."""
    for paragraph in doctree.findall(nodes.paragraph):
        behind = paragraph.next_node(descend=False, siblings=True)
        if paragraph.astext().endswith(":") and behind is not None and not isinstance(behind, nodes.paragraph):
            paragraph["classes"].append("lead-in")


class _WarningsToSphinx(std_logging.Handler):
    """What WeasyPrint objects to is a warning of the build, and so an error."""

    def emit(self, record: std_logging.LogRecord) -> None:
        if record.levelno >= std_logging.WARNING:
            logger.warning("PDF: %s", record.getMessage(), type="print_pdf")


def _connect_logs() -> None:
    """Route what WeasyPrint objects to into Sphinx, and nowhere else: a theme may have set up the root logger."""
    log = std_logging.getLogger("weasyprint")
    log.handlers[:] = [_WarningsToSphinx()]
    log.propagate = False
    std_logging.getLogger("weasyprint.progress").setLevel(std_logging.WARNING)
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
        _connect_logs()
        from print_layout import Press  # needs Pango: only this builder does

        self.prepare_writing(set(self.env.all_docs))
        self.secnumbers = {}
        self.fignumbers = {}
        self.imgpath = "_images"
        order = list(reading_order(self.env.toctree_includes, self.config.root_doc))
        documents = [
            self._document(docname, depth) for docname, depth in self._each(order, "rendering... ", itemgetter(0))
        ]
        self.copy_image_files()
        self._write_images_named_in_styles()
        data = Path(self.srcdir) / "_data/print"
        write = self._templates(data, documents)
        press = Press([self.highlighter.get_stylesheet(), data / "print.css"], f"{self.outdir}/")
        # How many pages the contents take has to be known before the first article can be numbered.
        front = press.lay_out(write("front.html", pages={}), first=1)
        book = [front]
        for document in self._each(documents, "laying out... ", itemgetter("docname")):
            first = 1 + sum(len(part.pages) for part in book)
            book.append(press.lay_out_well(write("article.html", document=document), first=first))
        pages = press.places(book)
        after = 1 + sum(len(part.pages) for part in book)
        book[0] = press.lay_out(write("front.html", pages={**pages, "genindex": after}), first=1)
        if len(book[0].pages) != len(front.pages):
            logger.warning("PDF: the contents grew by their page numbers; widen them in front.html", type="print_pdf")
        book.append(press.lay_out(write("index.html", index=self._index(pages)), first=after))
        press.write(book, Path(self.outdir) / self.config.print_pdf_name)

    def _each(self, items: Sequence[_T], what: str, name: Callable[[_T], str]) -> Iterator[_T]:
        """Go through *items*, and show which one is at work."""
        return status_iterator(items, what, "darkgreen", len(items), self._app.verbosity, stringify_func=name)

    def finish(self) -> None:
        """Everything is in the one file."""

    def _write_images_named_in_styles(self) -> None:
        target = Path(self.outdir) / "_images"
        target.mkdir(exist_ok=True)
        if self.config.html_logo:
            logo = Path(self.srcdir) / self.config.html_logo
            (target / logo.name).write_bytes(logo.read_bytes())

    def _resolved(self, docname: str) -> nodes.document:
        return self.env.get_and_resolve_doctree(docname, self, tags=self.tags)

    def _document(self, docname: str, depth: int) -> dict[str, Any]:
        doctree = self._resolved(docname)
        for contents in list(doctree.findall(nodes.compound)):
            if "toctree-wrapper" in contents["classes"]:
                contents.parent.remove(contents)
        self.post_process_images(doctree)
        without_code_anchors(doctree)
        make_ids_unique(doctree, docname)
        mark_short_blocks(doctree)
        mark_lead_ins(doctree)
        mark_headings_of_tables(doctree)
        body = "".join(self.render_partial(node)["fragment"] for node in doctree.children)
        body = anchors_into_headings(without_needless_spans(body))
        title = self.env.titles[docname].astext()
        return {"docname": docname, "id": anchor(docname), "title": title, "depth": depth, "body": body}

    def _templates(self, data: Path, documents: list[dict[str, Any]]) -> Callable[..., str]:
        """A function that renders one template, by its name, with what all of them share."""
        moment = float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
        templates = Environment(loader=FileSystemLoader(data), autoescape=True, undefined=StrictUndefined)
        shared = {
            "title": self.config.project,
            "subject": self.config.print_pdf_subject,
            "author": self.config.author,
            "version": self.config.release,
            "language": self.config.language,
            "site": self.config.html_baseurl,
            "logo": Path(self.config.html_logo or "").name,
            "date": datetime.datetime.fromtimestamp(moment, datetime.UTC).date(),
            "documents": documents,
        }
        return lambda name, **values: templates.get_template(name).render(shared, **values)

    def _index(self, pages: Mapping[str, int]) -> list[tuple[str, list[dict[str, Any]]]]:
        """The letters of the index, each with its entries; an entry names a page once."""

        def places(pairs: Iterable[tuple[str | None, str | Literal[False]]]) -> list[tuple[int, str]]:
            found: dict[int, str] = {}
            for _, uri in pairs:
                # A page that no contents list reaches is reported as such, and is not in the book.
                if uri and (link := one_file_uri(uri))[1:] in pages:
                    found.setdefault(pages[link[1:]], link)
            return sorted(found.items())

        return [
            (
                letter,
                [
                    {
                        "text": html.unescape(text),
                        "places": places(targets),
                        "below": [{"text": html.unescape(sub), "places": places(where)} for sub, where in subitems],
                    }
                    for text, (targets, subitems, _key) in entries
                ],
            )
            for letter, entries in IndexEntries(self.env).create_index(self)
        ]


class PrintCardBuilder(PrintPdfBuilder):
    """Builds one document as a PDF of two pages, to be printed on both sides of a sheet."""

    name = "card"
    epilog = "The card is in %(outdir)s."

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """The address of a document on the site; without a site there is none."""
        return f"{self.config.html_baseurl or NOWHERE}{docname}.html"

    def write_documents(self, _docnames: Set[str]) -> None:
        """Lay the document out."""
        _connect_logs()
        from print_layout import Press

        docname = self.config.print_card_document
        if docname not in self.env.all_docs:
            raise ExtensionError(f"conf.py: print_card_document: there is no document {docname!r}")
        self.prepare_writing({docname})
        self.secnumbers = {}
        self.fignumbers = {}
        data = Path(self.srcdir) / "_data/print"
        press = Press([data / "print.css", data / "card.css"], f"{self.outdir}/")
        write = self._templates(data, [])
        card = press.lay_out(write("card.html", document=self._document(docname, 1)), first=1)
        if len(card.pages) != CARD_PAGES:
            where = str(self.env.doc2path(docname))
            problem = f"the card takes {len(card.pages)} pages, and has to take {CARD_PAGES}: shorten it"
            logger.warning(problem, location=where, type="print_pdf")
        press.write([card], Path(self.outdir) / f"{docname.rpartition('/')[2]}.pdf")

    def _resolved(self, docname: str) -> nodes.document:
        doctree = super()._resolved(docname)
        for link in list(doctree.findall(nodes.reference)):
            if link.get("refuri", "").startswith(NOWHERE):
                link.replace_self(link.children)
        return doctree


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the builders ``pdf`` and ``card``, and their settings."""
    app.setup_extension("sphinx.builders.singlehtml")
    app.add_builder(PrintPdfBuilder)
    app.add_builder(PrintCardBuilder)
    app.add_config_value("print_pdf_name", lambda config: f"{config.project}.pdf", "", types=frozenset({str}))
    app.add_config_value("print_card_document", "", "", types=frozenset({str}))
    app.add_config_value("print_pdf_subject", "", "", types=frozenset({str}))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
