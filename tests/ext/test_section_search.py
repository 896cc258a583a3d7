"""Each section is found by itself: its heading, its own words, and nothing of its subsections."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from sphinx.errors import ExtensionError

from section_search import Section, index, page, sections

TEXT = """\
Locks
=====

Take one ``lock`` at a time.

.. raw:: html

   <b>hidden</b>

Order
-----

Sort them.

.. class:: verified

Ran on 3.15.

.. class:: question-copy

Questions
---------

Why?
"""


def document() -> nodes.document:
    found: nodes.document = publish_doctree(TEXT, settings_overrides={"doctitle_xform": False})
    return found


def test_a_section_has_its_own_words_only() -> None:
    assert list(sections(document())) == [
        Section("", "Locks", "Take one lock at a time."),
        Section("order", "Order", "Sort them."),
    ]


def test_a_page_for_the_index_escapes_what_it_says() -> None:
    text = page(Section("a", "<Task> & co", "x < y"), "tasks.html", "Tasks")
    assert "&lt;Task&gt; &amp; co" in text
    assert "tasks.html#a" in text
    assert "x &lt; y" in text


def test_the_index_is_whole_or_the_old_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"locks.html": list(sections(document()))}
    assert index(pages, tmp_path / "pagefind") == 2
    entry = json.loads((tmp_path / "pagefind/pagefind-entry.json").read_text())
    assert entry["languages"]["en"]["page_count"] == 2
    monkeypatch.setattr("section_search.sys.executable", "/bin/false")
    with pytest.raises(ExtensionError, match="Pagefind made no index"):
        index(pages, tmp_path / "pagefind")
    assert (tmp_path / "pagefind/pagefind-entry.json").is_file()


def test_the_same_sections_make_the_same_index(tmp_path: Path) -> None:
    pages = {"locks.html": list(sections(document()))}
    for name in ("one", "two"):
        index(pages, tmp_path / name)
    first, second = (
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}
        for name in ("one", "two")
    )
    assert first == second
