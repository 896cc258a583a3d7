"""The quick reference: two pages of A4, complete, tagged, and without a link into a file that is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pypdf import PdfReader

from tests.site.outputs import BUILD, SOURCE


@pytest.fixture(scope="module")
def card() -> PdfReader:
    return PdfReader(BUILD / "quick-reference.pdf")


def test_it_is_two_pages_of_a4(card: PdfReader) -> None:
    assert [(round(page.mediabox.width), round(page.mediabox.height)) for page in card.pages] == [(595, 842)] * 2
    assert [page.extract_text().split()[-3:] for page in card.pages] == [["1", "of", "2"], ["2", "of", "2"]]


def test_it_holds_what_its_page_holds(card: PdfReader) -> None:
    source = (SOURCE / "reference/quick-reference.md").read_text("utf-8")
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in card.pages))
    for heading in re.findall(r"^## (.*)$", source, re.MULTILINE):
        assert heading in text
    rows = source[source.index("## Ten messages") :].partition("\n## ")[0]
    messages = re.findall(r"^\| `(.*?)` \|", rows, re.MULTILINE)
    assert len(messages) == 10
    for message in messages:
        assert message in text


def test_it_is_tagged_and_its_fonts_are_embedded(card: PdfReader) -> None:
    catalog: Any = card.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    for page in card.pages:
        resources: Any = page["/Resources"]
        for reference in resources["/Font"].values():
            (descendant,) = reference.get_object()["/DescendantFonts"]
            assert {"/FontFile2", "/FontFile3"} & set(descendant.get_object()["/FontDescriptor"])


def test_each_link_leaves_the_file(card: PdfReader) -> None:
    for page in card.pages:
        for reference in page.get("/Annots") or ():
            assert str(reference.get_object()["/A"]["/URI"]).startswith(("http://", "https://"))
