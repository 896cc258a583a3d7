"""What each page of the site loads, and what it may: its weight, its policy, nothing that moves it about."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import pytest

from tests.site.outputs import Page, pages_of

MOST = 150_000
"""Bytes of a page with all that it loads before anyone clicks, compressed as a host sends them."""


@cache
def sent(path: Path) -> int:
    """How many bytes a browser gets for *path*."""
    return len(gzip.compress(path.read_bytes(), 6, mtime=0))


def loaded(page: Page, site: Path) -> set[Path]:
    """The files that a browser fetches for *page*, itself among them."""
    files = {page.path}
    for tag in page.soup.find_all(["script", "img", "link", "source", "iframe", "video", "object"]):
        relation = {str(word) for word in tag.get("rel") or ["icon"]}
        if tag.name == "link" and not relation & {"stylesheet", "icon", "prefetch", "preload", "modulepreload"}:
            continue
        target = str(tag.get("src") or tag.get("href") or tag.get("data") or "").partition("?")[0]
        if target and not target.startswith("data:"):
            files.add((site / target.lstrip("/") if target.startswith("/") else page.path.parent / target).resolve())
    return files


def test_no_page_is_heavier_than_a_photograph(site: Path) -> None:
    weights = {
        page.path.relative_to(site).as_posix(): sum(map(sent, loaded(page, site))) for page in pages_of(site, ".html")
    }
    heavy = {name: weight for name, weight in sorted(weights.items()) if weight > MOST}
    assert heavy == {}


def test_each_page_has_a_policy_that_allows_nothing_inline_by_name(site: Path) -> None:
    for page in pages_of(site, ".html"):
        policies = page.soup.find_all("meta", attrs={"http-equiv": "Content-Security-Policy"})
        if len(policies) != 1:
            pytest.fail(f"{page.path}: {len(policies)} policies")
        policy = str(policies[0]["content"])
        assert policy.startswith("default-src 'none'; "), page.path
        for loose in ("'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "*", "http:", "https:"):
            assert loose not in policy, page.path
        assert page.soup.find(style=True) is None, page.path
        handlers = [name for tag in page.soup.find_all(True) for name in tag.attrs if name.startswith("on")]
        assert handlers == [], page.path


def test_the_policy_comes_before_all_that_it_rules(site: Path) -> None:
    for page in pages_of(site, ".html"):
        assert page.soup.head is not None
        first = next(tag for tag in page.soup.head.find_all(True) if tag.get("charset") is None)
        assert first.get("http-equiv") == "Content-Security-Policy", page.path


def test_nothing_moves_when_a_figure_arrives(site: Path) -> None:
    unsized = [
        f"{page.path.relative_to(site)}: {image['src']}"
        for page in pages_of(site, ".html")
        for image in page.soup.find_all("img")
        if not (image.get("width") and image.get("height"))
    ]
    assert unsized == []


def test_a_page_waits_for_one_style_sheet_of_all_and_for_no_script(site: Path) -> None:
    for page in pages_of(site, ".html"):
        sheets = [str(link["href"]).partition("?")[0] for link in page.soup.find_all("link", rel="stylesheet")]
        assert sum(name.endswith("_static/site.css") for name in sheets) == 1, page.path
        waits = [
            str(script["src"])
            for script in page.soup.find_all("script", src=True)
            if script.get("defer") is None and script.get("async") is None and script.get("type") != "module"
        ]
        assert waits == [], page.path
