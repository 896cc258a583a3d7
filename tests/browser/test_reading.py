"""What readers do with a page: change its colours, copy from it, read it on a phone, by keyboard, on paper."""

from __future__ import annotations

import doctest
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from tests.browser.conftest import watch
from tests.browser.kinds import FOUND, KINDS, LANDING, LONG
from tests.site.outputs import BUILD, ROOT

pytestmark = pytest.mark.gate
CODE = "foundations/how-await-works.html"
PROMPTS = "overview.html"
FILES = [name for name in KINDS if name != "no/such/page.html"]
DARK = "rgb(19, 20, 22)"
LIGHT = "rgb(255, 255, 255)"

# Runs each statement as a shell of Python 3.13 or newer does with what is pasted into it.
SHELL = """
import ast, sys
names = {"__name__": "__main__"}
for statement in ast.parse(sys.stdin.read()).body:
    exec(compile(ast.Interactive([statement]), "<pasted>", "single"), names)
"""


def background(page: Page) -> str:
    """The colour behind the page."""
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_colours_follow_the_system_and_then_the_reader(page: Page, address: str) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{address}/{LANDING}")
    assert background(page) == LIGHT
    page.emulate_media(color_scheme="dark")
    assert background(page) == DARK
    switch = page.locator(".theme-toggle-content .theme-toggle")
    switch.click()
    assert background(page) == LIGHT
    # The choice is kept from page to page, and there before the page is drawn: its script comes first.
    page.goto(f"{address}/{LONG}")
    assert background(page) == LIGHT
    assert page.evaluate("document.body.firstElementChild.tagName") == "SCRIPT"
    page.locator(".theme-toggle-content .theme-toggle").press("Enter")
    assert background(page) == DARK


def copied(page: Page, block: Locator, *, key: str = "") -> str:
    """What is on the clipboard after a click, or this key, on the button of *block*."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = block.locator("button.copybtn")
    if key:
        button.press(key)
    else:
        block.hover()
        button.click()
    return str(page.evaluate("navigator.clipboard.readText()")) + "\n"


def run(arguments: list[str], given: str, folder: Path) -> str:
    """What Python prints, with the manual's examples at hand, as in a checkout of it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        input=given,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def same(wanted: str, got: str) -> bool:
    """Whether the page's output and that of the run are the same, as the manual's own check compares."""
    return doctest.OutputChecker().check_output(wanted, got, doctest.ELLIPSIS)


def test_a_copied_program_prints_what_the_page_shows(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(f"{address}/{CODE}")
    block = page.locator(".highlight-python:has(+ .highlight-none)").first
    wanted = str(block.locator("xpath=following-sibling::*[1]").locator("pre").text_content())
    program = tmp_path / "pasted.py"
    program.write_text(copied(page, block), "utf-8")
    assert same(wanted, run([str(program)], "", tmp_path))
    assert page.locator("p.said").text_content() == "Copied!"


def test_copied_prompts_are_code_and_answer_as_the_page_does(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(f"{address}/{PROMPTS}")
    # One that awaits nothing: a plain shell has no loop.
    block = page.locator(".highlight:has(.gp)").filter(has_not_text="await").first
    shown = str(block.locator("pre").text_content())
    text = copied(page, block, key="Enter")
    assert ">>>" in shown
    assert ">>>" not in text
    assert not any(line.startswith("... ") for line in text.splitlines())
    wanted = "".join(line + "\n" for line in shown.splitlines() if not line.startswith((">>>", "...")))
    assert wanted
    assert same(wanted, run(["-c", SHELL], text, tmp_path))


OUT = """() => {
  // The theme lets the whole article scroll: what counts is a box of its own within it.
  const within = (box) => box?.closest("article, header, footer") !== box
    && (getComputedStyle(box).overflowX !== "visible" || within(box.parentElement));
  const out = (each) => each.getBoundingClientRect().right > innerWidth + 1;
  return [...document.querySelectorAll("article *, footer *, header *")]
    .filter((each) => out(each) && !within(each.parentElement))
    .map((each) => each.outerHTML.slice(0, 100));
}"""


def test_a_phone_scrolls_each_page_in_one_direction(page: Page, address: str) -> None:
    folder = BUILD / "html"
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.html"))]
    names = [name for name in names if not name.startswith("_static")]
    page.set_viewport_size({"width": 390, "height": 800})
    wide = {}
    for name in [*names, FOUND]:
        page.goto(f"{address}/{name}")
        if name == FOUND:
            page.wait_for_selector("#search-results li")
        wide[name] = page.evaluate(OUT)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    assert {name: parts[:3] for name, parts in wide.items() if parts} == {}


def test_an_answer_to_a_search_costs_its_reader_less_than_half_a_megabyte(page: Page, address: str) -> None:
    """The search engine and its index come on top of the page, and only when something is asked."""
    sent: dict[str, int] = {}
    page.on("requestfinished", lambda request: sent.update({request.url: _length(request)}))
    page.goto(f"{address}/search.html", wait_until="networkidle")
    assert not any("/pagefind/" in url for url in sent)
    page.goto(f"{address}/search.html?q=Task+was+destroyed+but+it+is+pending", wait_until="networkidle")
    page.wait_for_selector("#search-results li")
    assert sum(sent.values()) < 500_000


def _length(request: Request) -> int:
    response = request.response()
    return int(response.headers.get("content-length", 0)) if response else 0


@pytest.mark.parametrize("name", [LANDING, LONG, "overview.html"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_while_a_page_loads(browser: Browser, address: str, name: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.add_init_script(
        """globalThis.moved = [];
        new PerformanceObserver((list) => {
          for (const shift of list.getEntries()) {
            moved.push(`${shift.value}: ${shift.sources.map((each) => each.node?.outerHTML?.slice(0, 100))}`);
          }
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page = context.new_page()
    page.goto(f"{address}/{name}", wait_until="networkidle")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    moved = page.evaluate("moved")
    context.close()
    assert moved == []


def test_paper_gets_the_text_and_no_controls(page: Page, address: str) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(f"{address}/{LONG}")
    for control in (".sidebar-drawer", ".toc-drawer", ".mobile-header", ".theme-toggle-content", ".related-pages"):
        assert not page.locator(control).first.is_visible(), control
    assert page.locator("button.copybtn:visible").count() == 0
    assert page.locator("article h1").is_visible()
    # A dark screen gives no dark paper, and no line of code ends at the margin.
    assert background(page) in (LIGHT, "rgba(0, 0, 0, 0)")
    code = page.locator("article .highlight-python pre").first
    assert code.is_visible()
    page.set_viewport_size({"width": 700, "height": 900})
    cut = page.evaluate(
        "[...document.querySelectorAll('article pre')].filter((e) => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert cut == 0
    colours = page.evaluate(
        "[getComputedStyle(document.querySelector('article p')).color,"
        " getComputedStyle(document.querySelector('article p a')).color]"
    )
    assert colours[0] == "rgb(0, 0, 0)"
    assert colours[1] not in (LIGHT, DARK)


def test_keys_reach_the_text_the_menus_and_the_copy_buttons(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}/{LONG}")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "__navigation"
    drawer = page.locator(".sidebar-drawer")
    assert not drawer.is_visible()
    page.keyboard.press("Space")
    drawer.wait_for(state="visible")
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "__toc"
    page.keyboard.press("Enter")
    page.locator(".toc-drawer").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator(".toc-drawer").wait_for(state="hidden")
    button = page.locator("article button.copybtn").first
    button.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert button.evaluate("each => each === document.activeElement")
    expect(button).to_have_css("opacity", "1")


def test_keys_open_a_topic_in_the_contents(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(f"{address}/{LANDING}")
    topic = page.locator(".sidebar-tree li.has-children").first
    topic.locator("> a").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    topic.locator("> ul").wait_for(state="visible")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_scripts_a_page_reads_and_leads_on(
    browser: Browser, address: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(
        java_script_enabled=False, color_scheme=scheme, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.goto(f"{address}/{CODE}")
    assert page.locator("article h1").is_visible()
    assert page.locator("article pre").first.is_visible()
    # No button that does nothing.
    assert page.locator("button.copybtn, .theme-toggle:visible").count() == 0
    page.locator("label.nav-overlay-icon").click()
    page.locator(".sidebar-tree a", has_text="Overview").click()
    assert page.url == f"{address}/overview.html"
    page.goto(f"{address}/search.html")
    assert "needs scripts" in str(page.locator("noscript, article").all_inner_texts())
    context.close()


def test_the_policy_refuses_nothing_that_a_page_has(page: Page, address: str) -> None:
    for name in KINDS:
        page.goto(f"{address}/{name}", wait_until="networkidle")
    assert page.locator("article").is_visible()


def test_the_policy_holds_for_pages_from_the_disk(page: Page) -> None:
    folder = (BUILD / "html").resolve()
    for name in FILES:
        path, _, query = name.partition("?")
        page.goto(f"{(folder / path).as_uri()}{'?' + query if query else ''}")
    page.goto((folder / CODE).as_uri())
    assert page.locator("button.copybtn").first.is_visible()
    assert page.evaluate("document.body.dataset.theme") == "auto"
    assert page.evaluate("getComputedStyle(document.querySelector('.sidebar-drawer')).position") != ""
    page.locator(".sidebar-search").fill("deadlock")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li", timeout=60_000)


def test_the_policy_stops_what_was_put_in(browser: Browser, address: str) -> None:
    context = browser.new_context()
    errors = watch(context)
    page = context.new_page()
    page.route("**/index.html", lambda route: route.fulfill(body=_spoilt(), content_type="text/html"))
    page.goto(f"{address}/index.html")
    assert page.evaluate("globalThis.spoilt") is None
    assert len(errors) >= 2
    context.close()


def _spoilt() -> str:
    page = (BUILD / "html/index.html").read_text("utf-8")
    return page.replace("</body>", "<script>globalThis.spoilt = 1</script><p style='color: red'>red</p></body>")
