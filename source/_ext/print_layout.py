"""Laying out a long book with WeasyPrint: article by article, numbered through, joined into one PDF.

An article begins on a page of its own, so nothing before it moves anything in it.  Laid out alone, it needs the memory
of one article besides the finished pages; what depends on page numbers, contents and index, is laid out when they are
known; and an article whose last page would hold a few lines can be set again, a little tighter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydyf
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration

PDF_VARIANT = "pdf/ua-1"
LEAST_FILLED = 0.13
"""Share of the height of a page that its article's last page should fill: six lines, or a short block."""
TIGHTER = (
    "html { line-height: 1.38 } pre { line-height: 1.34 } h2 { margin-top: 1.2em } p { margin-bottom: .5em }",
    "html { font: 10pt/1.35 'Text', 'Signs' } pre { line-height: 1.3 } h2 { margin-top: 1.1em } "
    "p { margin-bottom: .45em }",
)
"""Styles for an article that ends with a nearly empty page, mildest first."""


@contextmanager
def _page_references_once() -> Iterator[None]:
    """Keep what pydyf makes anew, for all pages of the book, whenever a tag or a bookmark asks for its own page.

    The cost grows with the square of the pages: every tag asks, and the answer names all pages.
    """
    stock = pydyf.PDF.page_references
    known: dict[tuple[int, int], tuple[bytes, ...]] = {}

    def page_references(pdf: pydyf.PDF) -> tuple[bytes, ...]:
        key = id(pdf), len(pdf.pages["Kids"])
        if key not in known:
            known[key] = stock.fget(pdf)
        return known[key]

    pydyf.PDF.page_references = property(page_references)
    try:
        yield
    finally:
        pydyf.PDF.page_references = stock


class Press:
    """Lays out the parts of one book.

    :param styles: style sheets for all parts, as text or as the path of a file.
    :param base_url: where relative addresses of images begin.
    """

    def __init__(self, styles: Iterable[str | Path], base_url: str) -> None:
        self.fonts = FontConfiguration()
        self.base_url = base_url
        self.images: dict[str, Any] = {}
        self.styles = [
            CSS(filename=style, font_config=self.fonts) if isinstance(style, Path) else CSS(string=style)
            for style in styles
        ]

    def lay_out(self, page: str, *, first: int, style: str = "") -> Document:
        """Lay out one part, a whole HTML *page*, whose first page has the number *first*."""
        numbered = CSS(string=f"@page :first {{ counter-reset: page {first} }} {style}")
        return HTML(string=page, base_url=self.base_url).render(
            stylesheets=[*self.styles, numbered], font_config=self.fonts, cache=self.images, pdf_variant=PDF_VARIANT
        )

    def lay_out_well(self, page: str, *, first: int) -> Document:
        """Lay out one article; where a few lines would be left for its last page, try to save that page."""
        made = self.lay_out(page, first=first)
        if len(made.pages) > 1 and filled(made.pages[-1]) < LEAST_FILLED:
            for style in TIGHTER:
                tighter = self.lay_out(page, first=first, style=style)
                if len(tighter.pages) < len(made.pages):
                    return tighter
        return made

    @staticmethod
    def places(parts: Sequence[Document]) -> dict[str, int]:
        """The page, counted from 1 through all *parts*, of each anchor."""
        found: dict[str, int] = {}
        for number, page in enumerate((page for part in parts for page in part.pages), start=1):
            for name in page.anchors:
                found.setdefault(name, number)
        return found

    @staticmethod
    def write(parts: Sequence[Document], target: Path) -> None:
        """Write all *parts* as one PDF, with the title and author of the first one."""
        with _page_references_once():
            whole = parts[0].copy([page for part in parts for page in part.pages])
            whole.write_pdf(target, pdf_variant=PDF_VARIANT)


def filled(page: Any) -> float:
    """The share of the height of *page*, from 0 to 1, down to the end of its content."""
    box = page._page_box
    return float((_bottom(box.children[0]) - box.content_box_y()) / box.height)


def _bottom(box: Any) -> float:
    """Where the lowest line or image below *box* ends: a box that goes on, or ends the page, fills it in itself."""
    ends = [_bottom(child) for child in getattr(box, "children", ()) if hasattr(child, "position_y")]
    if ends:
        return max(ends)
    return float(box.position_y + (box.height if isinstance(box.height, int | float) else 0))
