"""The site: every page whole, every link alive, and no address that nobody gave."""

from __future__ import annotations

from pathlib import Path

from bs4 import BeautifulSoup

from tests.site.outputs import SOURCE, THEME_PAGES, dead_links, pages_of


def test_each_source_has_its_page(site: Path, sources: list[Path]) -> None:
    wanted = {path.relative_to(SOURCE).with_suffix(".html") for path in sources}
    made = {page.path.relative_to(site) for page in pages_of(site, ".html")}
    assert made == wanted | {Path(name) for name in THEME_PAGES}


def test_no_link_or_image_is_dead(site: Path) -> None:
    assert dead_links(site, ".html") == []


def test_ids_are_unique_on_each_page(site: Path) -> None:
    for page in pages_of(site, ".html"):
        ids = [str(tag["id"]) for tag in page.soup.find_all(id=True)]
        assert len(ids) == len(set(ids)), f"{page.path}: {sorted(i for i in ids if ids.count(i) > 1)}"


def test_each_page_has_one_h1_and_a_title_of_its_own(site: Path) -> None:
    titles = []
    for page in pages_of(site, ".html"):
        if page.path.name not in THEME_PAGES:
            headings = page.soup.find_all("h1")
            assert len(headings) == 1, page.path
            titles.append(page.soup.title.get_text())  # type: ignore[union-attr]
    assert len(set(titles)) == len(titles)


def test_each_page_describes_itself_in_the_space_that_search_results_show(site: Path) -> None:
    descriptions = []
    for page in pages_of(site, ".html"):
        if page.path.name not in THEME_PAGES:
            (meta,) = page.soup.find_all("meta", attrs={"name": "description"})
            text = str(meta["content"])
            assert 70 <= len(text) <= 160, f"{page.path.name}: {len(text)} characters: {text}"
            descriptions.append(text)
    assert len(set(descriptions)) == len(descriptions)


DOWNLOADS = [*(f"async-multithreading.{kind}" for kind in ("pdf", "epub", "apkg")), "quick-reference.pdf"]


def test_each_page_shows_its_owner_date_and_reading_time(site: Path) -> None:
    for page in pages_of(site, ".html"):
        if page.path.name not in THEME_PAGES:
            (line,) = page.soup.select("h1 + p.page-metadata")
            text = line.get_text()
            assert all(label in text for label in ("Owner", "Last updated", "Reading time")), page.path


def test_each_page_shows_the_icon_the_version_and_the_downloads(site: Path) -> None:
    for page in pages_of(site, ".html"):
        assert page.soup.find("link", rel="icon"), page.path
        assert page.soup.select_one(".page-footer-edition"), page.path
        sidebar = [link["href"] for link in page.soup.select(".sidebar-downloads a")]
        assert [str(href).rpartition("/")[2] for href in sidebar] == DOWNLOADS, page.path


def test_the_landing_page_offers_the_books_and_the_deck(site: Path) -> None:
    page = BeautifulSoup((site / "index.html").read_bytes(), "html.parser")
    links = [str(link["href"]) for link in page.select(".downloads a")]
    assert sorted(links) == sorted(DOWNLOADS)
    for link in links:
        assert (site / link).stat().st_size > 10_000


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in pages_of(site, ".html"):
        for tag in page.soup.find_all(["script", "link", "img", "iframe"]):
            source = str(tag.get("src") or tag.get("href") or "")
            assert not source.startswith(("http://", "https://", "//")) or tag.get("rel") == ["canonical"], source


def test_each_picture_has_a_text_alternative(site: Path) -> None:
    for page in pages_of(site, ".html"):
        for image in page.soup.select("article img"):
            assert image.get("alt"), f"{page.path.name}: {image}"


def test_the_missing_page_has_the_look_of_the_others(site: Path) -> None:
    page = BeautifulSoup((site / "404.html").read_bytes(), "html.parser")
    assert page.h1
    assert page.h1.get_text() == "Page not found"
    assert page.find("link", rel="stylesheet")
    assert page.select(".sidebar-search-container")


def test_copied_prompts_are_stripped(site: Path) -> None:
    script = (site / "_static/copybutton.js").read_text("utf-8")
    assert r">>> |\\.\\.\\. |\\$ " in script or r">>> |\.\.\. |\$ " in script
