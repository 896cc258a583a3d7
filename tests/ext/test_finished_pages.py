"""What happens to a page after its template: secured, mended, lightened, with figures that know their size."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest

import theme_markup
from content_policy import PolicyError, secure
from light_pages import merged
from sized_images import SizeError, svg_size
from tests.ext.scratch_project import Built, Scratch
from theme_markup import MarkupError, mend

HEAD = '<!doctype html>\n<html><head><meta charset="utf-8"><title>x</title></head><body>'


def page(body: str) -> str:
    return f"{HEAD}{body}</body></html>"


def policy(made: str) -> dict[str, list[str]]:
    """The sources of each directive in the policy of a page."""
    content = made.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0]
    return {name: sources for name, *sources in (part.split() for part in content.split("; "))}


def known(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def test_what_is_inline_is_known_by_its_hash_and_nothing_else_may_run() -> None:
    made = secure(page("<script>start()</script><style>p { color: red }</style><script src='a.js'></script>"))
    found = policy(made)
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == ["'self'", "'wasm-unsafe-eval'", known("start()")]
    assert found["style-src"] == ["'self'", known("p { color: red }")]
    assert made.index("Content-Security-Policy") < made.index("<title>")


def test_data_in_a_script_element_needs_no_leave() -> None:
    made = secure(page('<script type="application/ld+json">{}</script>'))
    assert policy(made)["script-src"] == ["'self'", "'wasm-unsafe-eval'"]


def test_a_style_attribute_becomes_a_class_that_wins_as_it_did() -> None:
    made = secure(page('<img alt="a > b" style="width: 70%;" class="wide" src="a.svg" /><td style=\'width: 70%\'>'))
    assert "style=" not in made
    (rule,) = [line for line in made.splitlines() if "width: 70%" in line]
    name = rule.split(".")[1]
    assert rule == f".{name}.{name}.{name}{{width: 70%}}"
    assert f'<img alt="a > b" src="a.svg" class="wide {name}" />' in made
    assert f'<td class="{name}">' in made
    sheet = made.partition("<style>")[2].partition("</style>")[0]
    assert known(sheet) in policy(made)["style-src"]


def test_what_looks_like_markup_in_a_script_or_in_code_stays() -> None:
    body = "<script>put('<p style=\"x: y\">')</script><pre>&lt;p style=&quot;x: y&quot;&gt;</pre>"
    assert body in secure(page(body))


@pytest.mark.parametrize("body", ['<button onclick="go()">', '<a href=" javascript:go()">', "<p onload=go>"])
def test_a_script_in_an_attribute_is_refused_by_name(body: str) -> None:
    with pytest.raises(PolicyError, match="addEventListener"):
        secure(page(body))


def test_a_page_without_a_character_set_has_no_place_for_a_policy() -> None:
    with pytest.raises(PolicyError, match="charset"):
        secure("<html><head></head></html>")


def test_the_same_page_is_secured_the_same_way() -> None:
    body = '<p style="a: b"><p style="c: d"><script>1</script><script>2</script>'
    assert secure(page(body)) == secure(page(body))


def test_a_theme_that_has_changed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    change = theme_markup.Change("<aside>", '<aside aria-label="x">', "a named landmark")
    monkeypatch.setattr(theme_markup, "CHANGES", (change,))
    assert mend('<input class="sidebar-toggle"><aside>') == '<input class="sidebar-toggle"><aside aria-label="x">'
    with pytest.raises(MarkupError, match="a named landmark"):
        mend('<input class="sidebar-toggle"><aside class="new">')
    assert mend("<p>not of the theme</p>") == "<p>not of the theme</p>"


def test_table_headings_say_what_they_head() -> None:
    made = mend('<th class="head"><p></p></th><th class="head"><p>a</p></th><th class="stub"><p>b</p></th>')
    assert made == '<td></td><th scope="col" class="head"><p>a</p></th><th scope="row" class="stub"><p>b</p></th>'


def test_style_sheets_are_merged_in_their_order() -> None:
    made = merged([("a.css", "a {}\n/*# sourceMappingURL=a.css.map*/"), ("b.css", "b { background: url('data:x') }")])
    assert made == "/* a.css */\na {}\n/* b.css */\nb { background: url('data:x') }\n"


@pytest.mark.parametrize("rule", ["p { background: url(file.png) }", '@import "b.css";', "p { src: url( 'x' ) }"])
def test_a_merged_style_sheet_that_would_lose_a_file_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=r"a\.css:2: "):
        merged([("a.css", f"p {{}}\n{rule}")])


def test_a_drawing_says_its_size() -> None:
    assert svg_size('<?xml version="1.0"?><svg viewBox="0 0 800 470" width="400" height="235">') == (400, 235)
    assert svg_size('<svg viewBox="0 0 800.4,470">') == (800, 470)
    assert svg_size('<svg viewBox="0 0 800 470" width="100%" height="auto">') == (800, 470)
    with pytest.raises(SizeError, match="viewBox"):
        svg_size("<svg>")


DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 470"></svg>'


def site(project: Scratch, own: str, drawing: str = DRAWING, **settings: object) -> Built:
    """Build *project* with this style sheet of its own, and this drawing."""
    static = project.folder / "source/_static"
    static.mkdir(exist_ok=True)
    for name in ("keyboard.css", "keyboard.js", "paper.css"):
        (static / name).write_text(f"/* {name} */")
    (static / "own.css").write_text(own)
    (static / "drawing.svg").write_text(drawing)
    return project.build(
        "html",
        extensions=["myst_parser", "finished_pages"],
        html_theme="furo",
        html_static_path=["_static"],
        html_css_files=["own.css"],
        **settings,
    )


def test_a_page_is_written_again_when_only_a_style_sheet_has_changed(scratch: Callable[..., Scratch]) -> None:
    project = scratch(index="# Page\n\n![a drawing](_static/drawing.svg)\n")
    first = site(project, "p { color: red }")
    assert first.status == 0, first.printed
    before = first.read("index.html")
    assert before.count('rel="stylesheet"') == 1
    assert '<img width="800" height="470" ' in before
    assert "p { color: red }" in first.read("_static/site.css")
    second = site(project, "p { color: blue }")
    assert second.status == 0, second.printed
    assert "p { color: blue }" in second.read("_static/site.css")
    assert second.read("index.html") != before  # it names the style sheet with its checksum


def test_what_can_not_be_served_is_named(scratch: Callable[..., Scratch]) -> None:
    project = scratch(index="# Page\n\n![a drawing](_static/drawing.svg)\n")
    built = site(project, "p {}", drawing="<svg></svg>")
    assert built.status
    assert "index.md:3: WARNING: _static/drawing.svg: give its <svg> a viewBox" in built.printed
    built = site(project, "p { background: url(paper.png) }")
    assert built.status
    assert "_static/own.css:1: url(...: a style sheet of all pages can't load other files" in built.printed


def test_a_server_that_adds_its_own_script_gets_pages_without_a_policy(scratch: Callable[..., Scratch]) -> None:
    project = scratch(index="# Page\n")
    assert "Content-Security-Policy" in site(project, "p {}").read("index.html")
    live = site(project, "p {}", finished_pages_secure=False).read("index.html")
    assert "Content-Security-Policy" not in live
    assert 'aria-label="On this page"' in live
