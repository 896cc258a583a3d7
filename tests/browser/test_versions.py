"""A reader changes from one version of the manual to another, and stays on the page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.static_host import served
from tests.site.outputs import BUILD

pytestmark = pytest.mark.gate


@pytest.fixture
def editions(tmp_path: Path) -> Iterator[str]:
    """Where two versions stand side by side; the older one has no page on the symptoms."""
    for version, pages in ("0.2.0", ["reference/symptoms.html"]), ("0.1.0", []):
        shutil.copytree(BUILD / "html/_static", tmp_path / version / "_static", ignore=lambda *_: ["pyodide"])
        for page in ["index.html", "overview.html", "404.html", *pages]:
            (tmp_path / version / page).parent.mkdir(exist_ok=True)
            shutil.copy(BUILD / "html" / page, tmp_path / version / page)
    shutil.copy(BUILD / "html/404.html", tmp_path)
    (tmp_path / "versions.json").write_text(json.dumps(["0.2.0", "0.1.0"]))
    with served(tmp_path) as where:
        yield where


def test_the_same_page_of_another_version(page: Page, editions: str) -> None:
    page.goto(f"{editions}/0.1.0/overview.html")
    page.get_by_text("Version 0.1.0; the newest is 0.2.0").click()
    page.get_by_role("link", name="0.2.0", exact=True).click()
    expect(page).to_have_url(f"{editions}/0.2.0/overview.html")
    expect(page.locator(".sidebar-versions summary")).to_have_text("Version 0.2.0")


def test_a_page_that_the_other_version_lacks_leads_to_its_front(page: Page, editions: str) -> None:
    page.goto(f"{editions}/0.2.0/reference/symptoms.html")
    page.get_by_text("Version 0.2.0").click()
    page.get_by_role("link", name="0.1.0", exact=True).click()
    expect(page).to_have_url(f"{editions}/0.1.0/")


def test_a_site_that_stands_alone_asks_for_no_versions(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/overview.html", wait_until="networkidle")
    assert any("/_static/versions.js" in url for url in asked)
    assert not any(url.endswith("versions.json") for url in asked)
    expect(page.locator(".sidebar-versions")).to_be_hidden()
