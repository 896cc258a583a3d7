"""Each page of the PDF as it is printed: what stands where, measured on all of them."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from print_pdf import SHORT
from tests.site.outputs import BUILD
from tests.site.printed import MARGIN, Sheet, code_at_the_end, code_at_the_start, sheets

pytestmark = pytest.mark.gate


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> list[Sheet]:
    """The pages behind the contents."""
    assert shutil.which("pdftohtml"), "pdftohtml is missing: apt-get install poppler-utils"
    found = list(sheets(BUILD / "async-multithreading.pdf", tmp_path_factory.mktemp("pages")))
    contents = next(sheet for sheet in found if sheet.lines and sheet.lines[0].text == "Contents")
    return [sheet for sheet in found if sheet.number > contents.number]


def begins_a_document(sheet: Sheet) -> bool:
    return bool(sheet.lines) and any(font.size >= 30 for font in sheet.lines[0].fonts)


def test_no_heading_and_no_caption_ends_a_page(book: list[Sheet]) -> None:
    ends = {sheet.number: sheet.lines[-1] for sheet in book if sheet.lines}
    assert {number: line.text for number, line in ends.items() if line.is_heading} == {}
    assert {number: line.text for number, line in ends.items() if line.is_table_head} == {}


def test_a_short_block_is_on_one_page(book: list[Sheet]) -> None:
    split = {}
    for sheet, following in pairwise(book):
        above, below = code_at_the_end(sheet.lines), code_at_the_start(following.lines)
        # Two empty lines between, where they fall on the break, cannot be seen.
        if above and below and above + below + 2 <= SHORT:
            split[sheet.number] = (above, below)
    assert split == {}


def test_nothing_runs_over_the_margins(book: list[Sheet]) -> None:
    over = [
        f"page {sheet.number}: {line.text}"
        for sheet in book
        for line in sheet.lines
        if line.left < MARGIN - 3 or line.right > sheet.width - MARGIN + 6
    ]
    assert over == []


def test_no_page_is_nearly_empty(book: list[Sheet]) -> None:
    """A document may end high on its last page, but not with three lines; elsewhere two fifths are filled."""
    ends = [sheet for sheet, following in pairwise(book) if begins_a_document(following)]
    lonely = {sheet.number: len(sheet.lines) for sheet in ends if len(sheet.lines) <= 3}
    assert len(lonely) <= len(ends) * 0.02, lonely
    middle = [sheet for sheet, following in pairwise(book) if not begins_a_document(following)]
    assert {sheet.number: round(sheet.room, 2) for sheet in middle if sheet.room > 0.6} == {}


def test_there_are_pages(book: list[Sheet], sources: list[Path]) -> None:
    assert len(book) > len(sources)
    assert all(sheet.lines for sheet in book)
