"""The rules of the printed page, each on an article small enough to be laid out at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from docutils import nodes

from environment import ensure_pango
from print_pdf import (
    SHORT,
    anchors_into_headings,
    mark_headings_of_tables,
    mark_lead_ins,
    mark_short_blocks,
    without_code_anchors,
    without_needless_spans,
)

STYLE = Path(__file__).parent.parent.parent / "source/_data/print/print.css"
LINE = "<p>One line of text.</p>"


@cache
def _press() -> Any:
    ensure_pango()
    from print_layout import Press

    return Press([STYLE], "")


@pytest.fixture(scope="module", autouse=True)
def fonts() -> Iterator[None]:
    """Let go of the fonts while WeasyPrint is still there."""
    yield
    _press.cache_clear()


def pages(body: str, *, first: int = 1) -> list[str]:
    """The texts of the pages of one article."""
    article = f'<html lang="en"><title>x</title><body><article class="document">{body}</article></body></html>'
    return [_text(page) for page in _press().lay_out(article, first=first).pages]


def _text(page: Any) -> str:
    def texts(box: Any) -> Iterator[str]:
        if isinstance(text := getattr(box, "text", None), str):
            yield text
        for child in getattr(box, "children", ()):
            yield from texts(child)

    return "\n".join(texts(page._page_box))


def code(lines: int, kind: str = "") -> str:
    listing = "\n".join(f"line {number}" for number in range(1, lines + 1))
    return f'<div class="highlight-python {kind}"><div class="highlight"><pre>{listing}</pre></div></div>'


def lines_on(page: str) -> int:
    return len(re.findall(r"line \d+", page))


@pytest.mark.parametrize("before", range(28, 36))
def test_a_short_block_stays_whole_with_its_lead_in_and_heading(before: int) -> None:
    lead = '<h2>Heading</h2><p class="lead-in">As here:</p>'
    for page in pages(f"{LINE * before}{lead}{code(20, 'short')}"):
        assert lines_on(page) in (0, 20)
        assert ("Heading" in page) == ("As here:" in page) == (lines_on(page) == 20)


@pytest.mark.parametrize("before", range(28, 36))
def test_an_anchor_does_not_leave_its_heading_alone(before: int) -> None:
    target = '<span class="target" id="index-1"></span>'
    section = f'<section><span id="b"></span><h3>Second</h3>{target}{code(20, "short")}</section>'
    body = anchors_into_headings(f"{LINE * before}<section><h2>First</h2>{target}\n{section}</section>")
    for page in pages(body):
        assert ("First" in page) == ("Second" in page) == (lines_on(page) == 20)


@pytest.mark.parametrize("before", range(28, 36))
def test_a_long_block_leaves_five_lines_on_each_side(before: int) -> None:
    found = [lines_on(page) for page in pages(f"{LINE * before}{code(40)}")]
    assert sum(found) == 40
    assert all(count == 0 or count >= 5 for count in found)


def test_the_place_that_a_name_leads_to_does_not_part_a_condition_from_its_block() -> None:
    block = nodes.container("", nodes.literal_block("", "x"), literal_block=True, ids=["id5", "shown-quotes-ask"])
    without_code_anchors(nodes.container("", block))
    assert block["ids"] == ["id5"]

    def condition_and_block(anchor: str) -> str:
        caption = f'{anchor}<div class="code-block-caption">file.py</div>'
        return f'<p class="block-condition">Newer.</p><div class="literal-block-wrapper">{caption}{code(40)}</div>'

    def parted(anchor: str) -> list[int]:
        found = {room: pages(LINE * (fits() - room) + condition_and_block(anchor)) for room in range(2, 9)}
        return [room for room, sheets in found.items() if "Newer." in sheets[0] and "line 1" not in sheets[0]]

    assert parted('<span id="shown-quotes-ask"></span>')
    assert not parted("")


def test_a_heading_above_a_table_asks_for_room() -> None:
    tables = [
        nodes.section("", nodes.title("", "A"), nodes.target(), kind) for kind in (nodes.table(), nodes.container())
    ]
    text = nodes.section("", nodes.title("", "B"), nodes.paragraph("", "x"), nodes.table())
    mark_headings_of_tables(nodes.container("", *tables, text, nodes.section("", nodes.title("", "C"))))
    assert [title["classes"] for section in (*tables, text) for title in section.findall(nodes.title)] == [
        ["above-table"],
        ["above-table"],
        [],
    ]


@pytest.mark.parametrize("room", range(2, 12))
def test_a_heading_stays_with_the_table_below_it(room: int) -> None:
    rows = "".join(f"<tr><td>line {number}<br>and on</td></tr>" for number in range(1, 5))
    table = f"<table><thead><tr><th>head</th></tr></thead><tbody>{rows}</tbody></table>"
    for page in pages(f'{LINE * (fits() - room)}<h2 class="above-table">Heading</h2>{table}'):
        assert ("Heading" in page) <= (lines_on(page) > 1)


@cache
def fits() -> int:
    """How many lines of text a page has room for."""
    return next(count for count in range(70, 30, -1) if len(pages(LINE * count)) == 1)


@pytest.mark.parametrize("room", range(2, 8))
def test_no_row_of_a_table_stands_alone(room: int) -> None:
    rows = "".join(f"<tr><td>line {number}</td></tr>" for number in range(1, 5))
    table = f"<table><thead><tr><th>head</th></tr></thead><tbody>{rows}</tbody></table>"
    found = [lines_on(page) for page in pages(LINE * (fits() - room) + table)]
    assert sum(found) == 4
    assert 1 not in found


def test_inline_code_breaks_between_its_words() -> None:
    words = " ".join(f'<span class="pre">word{number}</span>' for number in range(100, 140))
    (page,) = pages(f"<p><code>{without_needless_spans(words)}</code></p>")
    assert sorted(re.findall(r"word\d{3}", page)) == [f"word{number}" for number in range(100, 140)]


def test_pages_are_numbered_on() -> None:
    assert [page.split()[-1] for page in pages(LINE * 60, first=41)] == ["41", "42"]


def test_a_page_of_a_few_lines_is_saved_where_it_can_be() -> None:
    def article(lines: int) -> str:
        return f'<html lang="en"><title>x</title><body><article class="document">{LINE * lines}</article></body></html>'

    assert len(_press().lay_out_well(article(fits() + 1), first=1).pages) == 1
    assert len(_press().lay_out_well(article(fits() * 3 // 2), first=1).pages) == 2


def test_anchors_of_all_parts_have_their_page() -> None:
    press = _press()
    body = '<h1 id="{0}">a</h1><article class="document" id="{0}-2">b</article>'
    part = f'<html lang="en"><title>x</title><body>{body}</body></html>'
    parts = [press.lay_out(part.format(name), first=first) for name, first in (("a", 1), ("b", 3))]
    assert press.places(parts) == {"a": 1, "a-2": 2, "b": 3, "b-2": 4}


def test_only_short_blocks_are_marked() -> None:
    texts = ("x\n" * SHORT, "x\n" * (SHORT + 1), "x" * (92 * SHORT + 1))
    tree = nodes.container("", *(nodes.literal_block("", text) for text in texts))
    mark_short_blocks(tree)
    assert [block["classes"] for block in tree.findall(nodes.literal_block)] == [["short"], [], []]


def test_a_paragraph_that_announces_something_is_marked() -> None:
    tree = nodes.container()
    tree += [nodes.paragraph("", "Run it:"), nodes.literal_block("", "x"), nodes.paragraph("", "It is:")]
    tree += [nodes.paragraph("", "Text."), nodes.literal_block("", "y"), nodes.paragraph("", "The end:")]
    mark_lead_ins(tree)
    marked = [paragraph.astext() for paragraph in tree.findall(nodes.paragraph) if "lead-in" in paragraph["classes"]]
    assert marked == ["Run it:"]
