"""What readers paste or type leads them to its answer: it is among the first three results."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from tests.site.outputs import BUILD, SOURCE

pytestmark = pytest.mark.gate
FIRST = 3
QUERIES = Path(__file__).with_name("queries.tsv")


def search(page: Page, address: str, query: str) -> list[tuple[str, str]]:
    """The results that a reader sees for *query*: address within the site, and heading."""
    page.goto(f"{address}/search.html?q={quote(query)}")
    # To wait for a function is to evaluate a string, which the policy of a page forbids.
    status = page.locator("#search-status").filter(has_text=re.compile("section|Nothing|failed"))
    status.wait_for(timeout=60_000)
    links = page.locator("#search-results li > a")
    return [
        (str(link.get_attribute("href")).removeprefix(f"{address}/"), str(link.text_content())) for link in links.all()
    ]


def plain(heading: str) -> str:
    """*heading* with the apostrophes of a keyboard."""
    return heading.replace("\N{LEFT SINGLE QUOTATION MARK}", "'").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def ask(page: Page, query: str) -> list[tuple[str, str]]:
    """The first results for *query*, on a search page that is open: no page is loaded for each of hundreds."""
    found = page.evaluate("query => searchManual(query)", query)
    return [(str(each["address"]), str(each["title"])) for each in found[:FIRST]]


def test_real_queries_find_their_answers(page: Page, address: str) -> None:
    search(page, address, "TaskGroup")
    missed = []
    for line in QUERIES.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            query, where, words = line.split("\t")
            found = ask(page, query)
            if not any(target.startswith(where) and words in plain(heading) for target, heading in found):
                missed.append((query, found))
    assert missed == []


def test_the_page_shows_what_was_found(page: Page, address: str) -> None:
    search(page, address, "TaskGroup")
    for query in ("Task was destroyed but it is pending!", "backpressure"):
        assert search(page, address, query)[:FIRST] == ask(page, query)


def messages() -> list[tuple[str, str]]:
    """The heading of each entry of the symptoms that is a message, and its page."""
    found = []
    for source in sorted((SOURCE / "reference/symptoms").glob("*.md")):
        for heading in re.findall(r"^## (.*`.*)$", source.read_text("utf-8"), re.MULTILINE):
            found.append((f"reference/symptoms/{source.stem}.html", heading.replace("`", "")))
    return found


def test_each_message_of_the_symptoms_finds_its_entry(page: Page, address: str) -> None:
    assert len(messages()) > 100
    search(page, address, "TaskGroup")
    missed = []
    for where, heading in messages():
        found = ask(page, heading)
        if not any(target.startswith(where) and plain(title) == plain(heading) for target, title in found):
            missed.append((heading, found))
    assert missed == []


def test_a_search_without_an_answer_says_so(page: Page, address: str) -> None:
    assert search(page, address, "!?") == []
    assert "Nothing found" in str(page.locator("#search-status").text_content())


def test_what_is_searched_for_is_shown_as_text_and_not_as_markup(page: Page, address: str) -> None:
    search(page, address, "<img src=x onerror=alert(1)> deadlock")
    assert page.locator("#search-status img, #search-results img").count() == 0


def test_a_site_that_is_read_from_the_disk_can_be_searched(page: Page) -> None:
    page.goto(f"{(BUILD / 'html/search.html').resolve().as_uri()}?q=backpressure")
    page.wait_for_selector("#search-results li a", timeout=60_000)
    assert "pipelines.html" in page.locator("#search-results").inner_html()
