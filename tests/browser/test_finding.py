"""Finding one's way with a keyboard: links at headings, names in code, breadcrumbs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.gate
PAGE = "cancellation-and-timeouts/task-groups.html"
SEEN = "link => getComputedStyle(link).opacity"


def test_a_link_at_a_heading_copies_its_address_by_keyboard(page: Page, address: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/{PAGE}")
    link = page.locator("h2 > a.headerlink").first
    assert link.evaluate(SEEN) == "0"
    link.focus()
    assert page.evaluate("document.activeElement.matches('a.headerlink')")
    page.keyboard.press("Enter")
    expect(page.locator(".copy-link-said")).to_have_text("Address copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    assert copied.startswith(f"{address}/{PAGE}#")
    page.keyboard.press("Tab")
    expect(page.locator(".copy-link-said")).to_have_text("")


def test_code_is_copied_without_its_links(page: Page, address: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/{PAGE}")
    block = page.locator("div.highlight:has(a.api)").first
    block.hover()
    block.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == str(block.locator("pre").text_content()).strip()


def test_a_name_in_code_shows_that_it_is_a_link(page: Page, address: str) -> None:
    page.goto(f"{address}/{PAGE}")
    link = page.locator("pre a.api").first
    line = "link => getComputedStyle(link).textDecorationStyle"
    assert link.evaluate(line) == "dotted"
    link.hover()
    assert link.evaluate(line) == "solid"
    colours = "link => [link, link.closest('pre')].map(each => getComputedStyle(each).color)"
    assert len(set(link.evaluate(colours))) == 1


def test_the_breadcrumbs_lead_up(page: Page, address: str) -> None:
    page.goto(f"{address}/{PAGE}")
    trail = page.get_by_role("navigation", name="Breadcrumb").get_by_role("link")
    assert trail.count() == 2
    trail.last.click()
    expect(page).to_have_url(f"{address}/cancellation-and-timeouts/index.html")
