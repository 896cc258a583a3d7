"""The PDF: tagged, with bookmarks, contents, index, embedded fonts, and no dead link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from pypdf import PdfReader
from pypdf.generic import Destination

from tests.site.outputs import BUILD, SOURCE

BOOK = BUILD / "async-multithreading.pdf"


@cache
def reader() -> PdfReader:
    return PdfReader(BOOK)


@cache
def texts() -> list[str]:
    return [page.extract_text() for page in reader().pages]


def bookmarks() -> list[str]:
    def walk(entries: list[Any]) -> Iterator[str]:
        for entry in entries:
            if isinstance(entry, Destination):
                yield str(entry.title)
            else:
                yield from walk(entry)

    return list(walk(reader().outline))


def test_it_is_tagged_and_says_so() -> None:
    catalog: Any = reader().trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/StructTreeRoot"]["/K"]
    assert str(catalog["/Lang"]) == "en"
    assert b"pdfuaid:part" in catalog["/Metadata"].get_data()


def test_it_has_title_author_subject_and_date() -> None:
    metadata = reader().metadata
    assert metadata is not None
    assert metadata.title == "Async-Multithreading"
    assert metadata.author == "RevisionNotes Maintainers"
    assert "asyncio" in str(metadata.subject)
    assert metadata.creation_date is not None


def test_each_page_of_the_site_is_a_bookmark(site: Path, sources: list[Path]) -> None:
    marks = {re.sub(r"\s+", " ", mark) for mark in bookmarks()}
    for source in sources:
        page = site / source.relative_to(SOURCE).with_suffix(".html")
        soup = BeautifulSoup(page.read_bytes(), "html.parser")
        assert soup.h1
        title = soup.h1.get_text().removesuffix("¶")
        assert re.sub(r"\s+", " ", title) in marks, title


def test_every_internal_link_lands_on_a_page() -> None:
    book = reader()
    names = set(book.named_destinations)
    links = 0
    for page in book.pages:
        for reference in page.get("/Annots") or ():
            annotation: Any = reference.get_object()
            action = annotation.get("/A", {})
            target = annotation.get("/Dest") or action.get("/D")
            if target is None:
                assert str(action.get("/URI", "")).startswith(("http://", "https://")), action
                continue
            links += 1
            if isinstance(target, str):
                assert target in names, target
    assert links > 100


def test_fonts_are_embedded_and_are_those_of_the_project() -> None:
    found = set()
    for page in reader().pages:
        resources: Any = page["/Resources"]
        for reference in resources.get("/Font", {}).values():
            font: Any = reference.get_object()
            (descendant,) = font["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"]
            assert "/FontFile2" in descriptor or "/FontFile3" in descriptor, font["/BaseFont"]
            found.add(str(font["/BaseFont"]).partition("+")[2].partition("-")[0])
    assert {"Text", "Heading", "Code"} <= found <= {"Text", "Heading", "Code", "Signs"}


def test_the_title_page_has_version_and_date() -> None:
    assert re.search(r"Version \d+\.\d+\.\d+\s+\d{4}-\d\d-\d\d", texts()[0])


def test_the_contents_give_the_page_on_which_a_chapter_begins() -> None:
    contents = texts()[1]
    entry = re.search(r"^Overview[ .]+(\d+)$", contents, re.MULTILINE)
    assert entry, contents
    page = int(entry[1])
    assert "Overview" in texts()[page - 1].splitlines()[:3]


def test_pages_have_numbers_and_running_heads() -> None:
    for number, text in enumerate(texts()[2:], start=3):
        assert re.search(rf"(^|\s){number}\s*$", text), f"page {number} ends with {text[-40:]!r}"


def test_the_index_names_pages() -> None:
    index = "\n".join(texts()[-4:])
    assert re.search(r"asyncio\.timeout, \d+", index)
