"""Links in code, Markdown, redirects and addresses, in small projects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from docutils.core import publish_doctree
from markdown_it import MarkdownIt

import addresses
import redirects
from api_links import weave
from finding_aids import breadcrumb_list
from markdown_pages import Entry, as_markdown, contents
from markdown_writer import code, markdown
from tests.ext.scratch_project import ROOT, Scratch

Project = Callable[..., Scratch]

DATA = ROOT / "source/_data"
LINKED = {
    "extensions": ["myst_parser", "concurrent_doctest", "api_links", "markdown_pages"],
    "api_links_files": [str(DATA / "python.inv"), str(DATA / "api_types.toml")],
}
CODE = "# Page\n\n```{testcode}\nimport asyncio\n\nqueue = asyncio.Queue()\n```\n"
MORE = "\n```{testcode}\nqueue.put_nowait('a & b')\n```\n```{testoutput}\nasyncio.Queue\n```\n"


def links(page: str) -> list[tuple[str, str]]:
    """The links in code: their words, and the place that they lead to."""
    soup = BeautifulSoup(page, "html.parser")
    return [(link.get_text(), str(link["href"])) for link in soup.select("pre a.api")]


def test_names_in_code_lead_to_their_documentation(scratch: Project) -> None:
    built = scratch(index=CODE + MORE).build("html", **LINKED)
    assert (built.status, built.printed) == (0, "")
    library = "https://docs.python.org/3/library"
    assert links(built.read("index.html")) == [
        ("asyncio", f"{library}/asyncio.html#module-asyncio"),
        ("asyncio.Queue", f"{library}/asyncio-queue.html#asyncio.Queue"),
        ("put_nowait", f"{library}/asyncio-queue.html#asyncio.Queue.put_nowait"),
    ]
    soup = BeautifulSoup(built.read("index.html"), "html.parser")
    assert [block.get_text() for block in soup.select("pre")] == [
        "import asyncio\n\nqueue = asyncio.Queue()\n",
        "queue.put_nowait('a & b')\n",
        "asyncio.Queue\n",
    ]


def test_the_tab_key_stops_once_at_each_name(scratch: Project) -> None:
    built = scratch(index=CODE + MORE + CODE.replace("# Page", "")).build("html", **LINKED)
    soup = BeautifulSoup(built.read("index.html"), "html.parser")
    stops = [str(link["title"]) for link in soup.select("a.api") if not link.has_attr("tabindex")]
    assert len(stops) == len(set(stops)) == 3


def test_an_incremental_build_links_as_a_clean_one(scratch: Project, tmp_path: Path) -> None:
    example = tmp_path / "examples/shop.py"
    example.parent.mkdir()
    example.write_text("def rank():\n    pass\n", "utf-8")
    home = "# Home\n\n```{toctree}\na\nb\nc\n```\n"
    shows = "\n```{literalinclude} ../examples/shop.py\n:language: python\n```\n"
    asks = "# A\n\n```{testcode}\nfrom examples.shop import rank\nrank()\n```\n"
    project = scratch(index=home, a=asks, b="# B\n" + shows, c="# C\n")
    assert ("rank", "b.html#shown-shop-rank") in links(project.build("html", **LINKED).read("a.html"))
    project.write(b="# B\n", c="# C\n" + shows)
    built = project.build("html", **LINKED)
    step = {name: built.read(f"{name}.html") for name in ("a", "b", "c")}
    assert ("rank", "c.html#shown-shop-rank") in links(step["a"])
    for path in (tmp_path / "doctrees", tmp_path / "html"):
        path.rename(path.with_suffix(".old"))
    clean = project.build("html", **LINKED)
    assert {name: clean.read(f"{name}.html") for name in step} == step


def test_a_book_has_no_links_in_code(scratch: Project) -> None:
    built = scratch(index=CODE).build("epub", **LINKED, copyright="2026, The Team", version="1")
    assert 'class="api"' not in built.read("index.xhtml")


def test_a_name_that_says_nothing_alone_takes_its_dot_along() -> None:
    dot, name = '<span class="o">.</span>', '<span class="n">start</span>'
    highlighted = f'<div><pre><span></span><span class="n">thread</span>{dot}{name}\n{name}\n</pre></div>'
    links = [(7, 12, "threading.Thread.start", "t.html", True), (13, 18, "start", "s.html", True)]
    woven = weave(highlighted, "thread.start\nstart", links)
    assert f'<a class="api" href="t.html" title="threading.Thread.start">{dot}{name}</a>' in woven
    assert "s.html" not in woven


def test_a_link_never_cuts_a_coloured_word() -> None:
    highlighted = '<div><pre><span></span><span class="n">queue</span><span class="o">.</span>put\n</pre></div>'
    link = (0, 5, "queue", "q.html?a&b", True)
    woven = weave(highlighted, "queue.put", [link])
    assert '<a class="api" href="q.html?a&amp;b" title="queue"><span class="n">queue</span></a>' in woven
    assert weave(highlighted, "queue.put", [(1, 5, "ueue", "q.html", True)]) == highlighted
    assert weave(highlighted, "another text", [link]) == highlighted


# -- Markdown -------------------------------------------------------------------------------------


def test_a_page_stands_beside_itself_as_markdown(scratch: Project) -> None:
    page = CODE + MORE + "\nSee [the other](other.md#more) and `a|b`.\n\n| a | b |\n|---|---|\n| `x\\|y` | *z* |\n"
    project = scratch(index=page + "\n```{toctree}\n:hidden:\nother\n```\n", other="# Other\n\n## More\n\nText.\n")
    built = project.build("html", **LINKED, myst_heading_anchors=2)
    assert (built.status, built.printed) == (0, "")
    text = built.read("index.md")
    assert text.startswith("# Page\n\n```python\nimport asyncio\n")
    for part in (
        "```text\nasyncio.Queue\n```",
        "[the other](other.md#more)",
        "| a | b |\n|---|---|\n| `x\\|y` | *z* |",
    ):
        assert part in text


AWKWARD = r"""
Title
=====

1\. not a list, \*not emphasis\*, a_b, _c, <tag>, [x], a\`b, &amp; and ``co`de``.

# not a heading

- one

  two
- three

  .. code-block:: text

     ```
     inner

term *x*
    What it means.

.. note:: Mind *this*.

    A quotation
"""


def test_markdown_says_what_the_page_says() -> None:
    document = publish_doctree(AWKWARD, settings_overrides={"doctitle_xform": False, "syntax_highlight": "none"})
    rendered = MarkdownIt("commonmark").render(markdown(document))
    shown = BeautifulSoup(rendered, "html.parser")
    said = re.sub(r"\s+", " ", document.astext().replace("Note", ""))
    heard = re.sub(r"\s+", " ", shown.get_text().replace("term x:", "term x").replace("Note", ""))
    assert heard.split() == said.split()
    assert [tag.get_text() for tag in shown.find_all("code")] == ["co`de", "```\ninner\n"]
    assert len(shown.find_all("h1")) == 1


def test_code_has_as_many_backticks_as_it_needs() -> None:
    assert [code(text) for text in ("a", "a`b", "`", "``a`")] == ["`a`", "``a`b``", "`` ` ``", "``` ``a` ```"]


def test_the_list_has_a_section_for_each_page_with_pages_below() -> None:
    entries = [Entry(0, "Home", "index.md", "All."), Entry(1, "T", "t.md", ""), Entry(2, "P", "t/p.md", "One.")]
    assert contents("M", "S.", entries) == (
        "# M\n\n> S.\n\n## Start here\n\n- [Home](index.md): All.\n\n## T\n\n- [T](t.md)\n- [P](t/p.md): One.\n"
    )


def test_links_lead_from_markdown_to_markdown() -> None:
    known = {"a/b", "c"}
    assert as_markdown("../c.html#x", "a/b", known) == "../c.md#x"
    assert as_markdown("../genindex.html", "a/b", known) == "../genindex.html"
    assert as_markdown("https://example.org/c.html", "a/b", known) == "https://example.org/c.html"


# -- Addresses ------------------------------------------------------------------------------------

HOME = "# Home\n\n```{toctree}\nnew\n```\n"
NEW = "# New\n\n## Fresh\n\nText.\n"


def moving(project: Scratch, lines: str) -> dict[str, object]:
    file = project.folder / "redirects.tsv"
    file.write_text(lines, "utf-8")
    return {"extensions": ["myst_parser", "redirects"], "redirects_file": str(file)}


def test_an_old_address_leads_on_until_its_line_is_deleted(scratch: Project) -> None:
    project = scratch(index=HOME, new=NEW)
    settings = moving(
        project, "gone/old.html\tnew.html#fresh\nnew.html#stale\tnew.html#fresh\nindex.html#far\tnew.html\n"
    )
    built = project.build("html", **settings)
    assert (built.status, built.printed) == (0, "")
    old = BeautifulSoup(built.read("gone/old.html"), "html.parser")
    assert old.select_one('meta[http-equiv="refresh"]')["content"] == "0; url=../new.html#fresh"  # type: ignore[index]
    assert old.select_one('link[rel="canonical"]')["href"] == "../new.html"  # type: ignore[index]
    assert old.select_one("body a")["href"] == "../new.html#fresh"  # type: ignore[index]
    assert old.find("script") is None
    here = BeautifulSoup(built.read("new.html"), "html.parser")
    assert here.find(id="stale").find_parent("section")["id"] == "fresh"  # type: ignore[union-attr, index]
    told = BeautifulSoup(built.read("index.html"), "html.parser").find(id="far")
    assert told.a["href"] == "new.html"  # type: ignore[union-attr, index]
    project.build("html", **moving(project, ""))
    assert not (built.output / "gone/old.html").exists()
    assert 'id="stale"' not in built.read("new.html")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("old.html new.html", "1: WARNING: redirects: write an old address, a tab and the new one"),
        (
            "old.html\tnowhere.html",
            "1: WARNING: redirects: nowhere.html is no page; where has old.html gone?",
        ),
        ("old.html\tnew.html#nowhere", "1: WARNING: redirects: new.html has no place 'nowhere'"),
        (
            "new.html\tindex.html",
            "1: WARNING: redirects: new.html is a page; delete the line, or move the page",
        ),
        (
            "new.html#fresh\tindex.html",
            "1: WARNING: redirects: new.html still has fresh; delete the line",
        ),
        (
            "a.html\tb.html\nb.html\tnew.html",
            "1: WARNING: redirects: b.html has moved on; write new.html here",
        ),
        (
            "a.html\tnew.html\na.html\tindex.html",
            "2: WARNING: redirects: a.html is there twice, see line 1",
        ),
    ],
)
def test_a_line_that_leads_nowhere_stops_the_build(scratch: Project, line: str, said: str) -> None:
    project = scratch(index=HOME, new=NEW)
    built = project.build("html", **moving(project, line + "\n"))
    assert built.status
    assert f"redirects.tsv:{said}" in built.printed


def test_an_address_vanishes_only_with_a_redirect() -> None:
    recorded = ["a.html", "a.html#x", "b.html", "c.html#y"]
    assert addresses.vanished(recorded, {"b.html", "c.html"}, {"a.html"}) == ["c.html#y"]
    assert addresses.vanished(recorded, {"b.html", "c.html"}, {"a.html", "c.html#y"}) == []
    assert redirects.relative("a/b/old.html#x", "a/new.html#y") == "../new.html#y"


def test_places_are_headings_terms_and_questions() -> None:
    page = (
        '<main id="m"><article id="f"><section id="s"><dl><dt id="term-x">x</dt></dl><p id="p"></p>'
        '<details id="question-a-1"></details><dt id="index-3"></dt></section></article>'
        '<section id="o"></section></main>'
    )
    assert addresses.places(page) == {"s", "term-x", "question-a-1"}


def test_a_page_shows_where_it_stands_and_tells_search_engines(scratch: Project) -> None:
    home = "# Home\n\n```{toctree}\ntopic/index\n```\n"
    topic = "# `Topic` & more\n\n```{toctree}\npage\n```\n"
    project = scratch(index=home, topic__index=topic, topic__page="# Page\n")
    looks = {
        "extensions": ["myst_parser", "finding_aids", "markdown_pages"],
        "html_theme": "furo",
        "templates_path": [str(ROOT / "source/_templates")],
        "html_sidebars": {"**": []},
    }
    here = BeautifulSoup(project.build("html", **looks).read("topic/page.html"), "html.parser")
    trail = [(link.get_text(), link["href"]) for link in here.select("nav.breadcrumbs li a")]
    assert trail == [("Home", "../index.html"), ("Topic & more", "index.html")]
    assert here.find("script", type="application/ld+json") is None
    assert here.select_one('link[rel="alternate"]')["href"] == "page.md"  # type: ignore[index]
    built = project.build("html", **looks, html_baseurl="https://example.org/en/")
    there = BeautifulSoup(built.read("topic/page.html"), "html.parser")
    data = json.loads(there.find("script", type="application/ld+json").string)  # type: ignore[union-attr, arg-type]
    assert [(item["name"], item["item"]) for item in data["itemListElement"]] == [
        ("Scratch", "https://example.org/en/"),
        ("Topic & more", "https://example.org/en/topic/index.html"),
        ("Page", "https://example.org/en/topic/page.html"),
    ]


def test_breadcrumbs_for_search_engines_count_from_the_front_page() -> None:
    found = breadcrumb_list([("Manual", "https://example.org/"), ("Locks", "https://example.org/locks.html")])
    assert [(item["position"], item["name"]) for item in found["itemListElement"]] == [(1, "Manual"), (2, "Locks")]
