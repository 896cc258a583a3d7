"""The PDF: tagged, with bookmarks, contents, index, embedded fonts, and no dead link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader, overwrite_configuration
from pypdf.generic import Destination, IndirectObject, PdfObject, read_object

from tests.site.outputs import BUILD, SOURCE

BOOK = BUILD / "async-multithreading.pdf"


class _Reader(PdfReader):
    """Parses what it is asked for; pypdf itself parses all of an object stream, here 200,000 tags, at once."""

    def _get_object_from_stream(self, indirect_reference: IndirectObject) -> PdfObject:
        number = indirect_reference.idnum
        data, places = _object_stream(self.xref_objStm[number][0])
        file = BytesIO(data)
        file.seek(places[number])
        found = read_object(file, self)
        assert found is not None
        return found


@cache
def reader() -> PdfReader:
    # The tags of 1,700 pages are one stream; against files from strangers pypdf stops at 75 MB.
    overwrite_configuration(zlib_maximum_output_length=10**9)
    return _Reader(BOOK)


@pytest.fixture(scope="module", autouse=True)
def closed() -> Iterator[None]:
    """Keep what was read of the book no longer than this module."""
    yield
    for cached in (reader, _object_stream, text):
        cached.cache_clear()


@cache
def _object_stream(number: int) -> tuple[bytes, dict[int, int]]:
    """The bytes of an object stream, and where in them each object begins."""
    stream: Any = IndirectObject(number, 0, reader()).get_object()
    data, first = stream.get_data(), int(stream["/First"])
    header = [int(part) for part in data[:first].split()]
    return data, {number: first + offset for number, offset in zip(header[::2], header[1::2], strict=True)}


@cache
def text(number: int) -> str:
    """The text of a page, counted from 1 or, from the last one, from -1: it takes 50 ms to find."""
    return str(reader().pages[number - 1 if number > 0 else number].extract_text())


def _destinations() -> list[Destination]:
    def walk(entries: list[Any]) -> Iterator[Destination]:
        for entry in entries:
            if isinstance(entry, Destination):
                yield entry
            else:
                yield from walk(entry)

    return list(walk(reader().outline))


def bookmarks() -> list[str]:
    return [str(entry.title) for entry in _destinations()]


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
        heading = re.search(r"<h1>.*?</h1>", page.read_text("utf-8"), re.DOTALL)
        assert heading, page
        title = BeautifulSoup(heading[0], "html.parser").get_text().removesuffix("¶")
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
    assert re.search(r"Version \d+\.\d+\.\d+\s+\d{4}-\d\d-\d\d", text(1))


def test_the_contents_give_the_page_on_which_a_chapter_begins() -> None:
    entry = re.search(r"^Overview[ .]+(\d+)$", text(2), re.MULTILINE)
    assert entry, text(2)
    assert "Overview" in text(int(entry[1])).splitlines()[:3]


def _have_numbers(pages: Iterable[int]) -> None:
    for number in pages:
        assert re.search(rf"(^|\s){number}\s*$", text(number)), f"page {number} ends with {text(number)[-40:]!r}"


def test_pages_have_numbers() -> None:
    last = len(reader().pages)
    _have_numbers([*range(3, 9), *range(9, last, 31), last])


@pytest.mark.gate
def test_every_page_has_its_number() -> None:
    _have_numbers(range(3, len(reader().pages) + 1))


def test_the_index_names_pages() -> None:
    index = "\n".join(text(number) for number in range(-4, 0))
    assert re.search(r"asyncio\.timeout, \d+", index)


def test_a_reader_sees_the_condition_of_a_block() -> None:
    pages = {str(entry.title): reader().get_destination_page_number(entry) for entry in _destinations()}
    begins = pages["Context variables and thread-locals"]
    assert begins is not None
    assert any("Python >=3.14 only." in text(begins + number) for number in range(1, 9))
