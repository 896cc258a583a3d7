"""The ePub: sound inside, and without what an e-reader can't do."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.site.outputs import BUILD, SOURCE, dead_links, pages_of

BOOK = BUILD / "async-multithreading.epub"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the unpacked book."""
    folder = tmp_path_factory.mktemp("epub")
    with zipfile.ZipFile(BOOK) as archive:
        archive.extractall(folder)
    return folder


def test_no_link_or_image_is_dead(unpacked: Path) -> None:
    assert dead_links(unpacked, ".xhtml") == []


def test_each_source_is_a_chapter_with_one_title(unpacked: Path, sources: list[Path]) -> None:
    for source in sources:
        chapter = unpacked / source.relative_to(SOURCE).with_suffix(".xhtml")
        text = chapter.read_text("utf-8")
        assert len(re.findall(r"<h1[ >]", text)) == 1, chapter
        assert "<title>" in text


def test_nothing_needs_a_script_or_a_click(unpacked: Path) -> None:
    for page in pages_of(unpacked, ".xhtml"):
        for name in ("script", "details", "input", "button"):
            assert not page.soup.find(name), f"{page.path.name}: <{name}>"


def test_a_guide_page_is_listed_directly_below_its_topic(unpacked: Path) -> None:
    (contents,) = (page for page in pages_of(unpacked, ".xhtml") if page.path.name == "nav.xhtml")
    link = contents.soup.find("a", href="cancellation-and-timeouts/timeouts.xhtml")
    assert link is not None
    parents = [item.a["href"] for item in link.find_parents("li") if item.a]
    assert parents[1:] == ["cancellation-and-timeouts/index.xhtml"]


def test_every_chapter_is_in_the_contents(unpacked: Path, sources: list[Path]) -> None:
    contents = (unpacked / "nav.xhtml").read_text("utf-8")
    for source in sources:
        name = source.relative_to(SOURCE).with_suffix(".xhtml").as_posix()
        assert f'href="{name}"' in contents, name


def test_a_reader_sees_the_conditions_that_the_site_shows(unpacked: Path, site: Path) -> None:
    def conditions(folder: Path, suffix: str) -> dict[str, list[str]]:
        found = {
            page.path.relative_to(folder).with_suffix("").as_posix(): page.soup.find_all(class_="block-condition")
            for page in pages_of(folder, suffix)
        }
        return {name: [tag.get_text() for tag in told] for name, told in found.items() if told}

    told = conditions(site, ".html")
    assert told
    assert conditions(unpacked, ".xhtml") == told


def test_it_has_a_cover_that_readers_of_epub_3_and_2_find(unpacked: Path) -> None:
    package = (unpacked / "content.opf").read_text("utf-8")
    (image,) = re.findall(r'<item [^>]*properties="cover-image"[^>]*>', package)
    name, number = re.search(r'href="([^"]+)"', image), re.search(r'id="([^"]+)"', image)
    assert name
    assert number
    assert (unpacked / name[1]).read_bytes().startswith(b"\x89PNG")
    assert f'<meta name="cover" content="{number[1]}"/>' in package


def test_every_image_says_what_it_shows(unpacked: Path) -> None:
    for page in pages_of(unpacked, ".xhtml"):
        for image in page.soup.find_all("img"):
            assert image.get("alt"), f"{page.path.name}: {image}"


def test_every_line_of_code_can_hang(unpacked: Path, site: Path) -> None:
    """A line that has to wrap is indented further: each is an element, and no character is lost by it."""
    name = "cancellation-and-timeouts/timeouts"

    def blocks(page: Path) -> list[str]:
        soup = BeautifulSoup(page.read_bytes(), "html.parser")
        return [block.get_text().rstrip("\n") for block in soup.select("div.highlight pre")]

    chapter = unpacked / f"{name}.xhtml"
    assert blocks(chapter) == blocks(site / f"{name}.html")
    for block in BeautifulSoup(chapter.read_bytes(), "html.parser").select("div.highlight pre"):
        assert len(block.select(".code-line")) == len(block.get_text().rstrip("\n").split("\n"))
