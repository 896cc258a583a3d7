"""The ePub on the screen of a small e-reader: six inches, about 600 by 800 pixels of a style sheet."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.site.outputs import BUILD

pytestmark = pytest.mark.gate


def test_nothing_is_wider_than_a_six_inch_screen(page: Page, tmp_path: Path) -> None:
    with zipfile.ZipFile(BUILD / "async-multithreading.epub") as archive:
        archive.extractall(tmp_path)
    page.set_viewport_size({"width": 600, "height": 800})
    wide = {}
    chapters = sorted(tmp_path.rglob("*.xhtml"))
    assert chapters
    for chapter in chapters:
        page.goto(chapter.as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 600:
            wide[chapter.relative_to(tmp_path).as_posix()] = width
    assert wide == {}
