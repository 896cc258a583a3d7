"""A drawing reads on a phone and on a desk: nothing in it is made too small, and nothing of it leaves the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.site.outputs import BUILD

pytestmark = pytest.mark.gate

LEAST = 11
"""Pixels that text has at least."""

_SIZES = """
() => [...document.querySelectorAll("figure.timeline svg")].filter(svg => svg.checkVisibility()).map(svg => {
  const box = svg.getBoundingClientRect()
  return [12 * box.width / svg.viewBox.baseVal.width, box.right]
})
"""
_OVERFLOWING = """
() => [...document.querySelectorAll("figure.timeline svg")].filter(svg => svg.checkVisibility()).flatMap(svg =>
  [...svg.querySelectorAll("text")].filter(text => {
    const box = text.getBBox()
    return box.x < -1 || box.x + box.width > svg.viewBox.baseVal.width + 1
  }).map(text => text.textContent))
"""


def drawn() -> list[str]:
    """The pages with drawings, from the folder of the site."""
    folder = BUILD / "html"
    pages = sorted(folder.rglob("*.html"))
    return [path.relative_to(folder).as_posix() for path in pages if b'<figure class="timeline">' in path.read_bytes()]


@pytest.mark.parametrize("width", [390, 900, 1280])
def test_each_drawing_fits_and_is_large_enough_to_read(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    wrong, names = [], drawn()
    assert len(names) >= 20
    for name in names:
        page.goto(f"{address}/{name}")
        sizes = page.evaluate(_SIZES)
        figures = page.locator("figure.timeline").count()
        if len(sizes) != figures or any(size < LEAST or right > width for size, right in sizes):
            wrong.append(f"{name}: {sizes}")
        wrong += [f"{name}: {text!r} leaves the drawing" for text in page.evaluate(_OVERFLOWING)]
    assert wrong == []


def test_the_words_open_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}/overview.html")
    summary = page.locator(".timeline-told > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator(".timeline-words").first.is_visible()
