"""A reader runs a snippet in a browser, changes it, stops it; under the strict policy that the site is served with."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ext.scratch_project import Scratch
from tests.site.outputs import BUILD

pytestmark = pytest.mark.gate

PACKAGE = BUILD / "npm/run_here/node_modules/pyodide"
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'"
)
LOADED = 120_000
"""Milliseconds in which Python is loaded and a snippet has run, on a busy machine."""

PAGE = """\
# Page

```{testcode}
import asyncio

async def main():
    await asyncio.sleep(0.01)
    print("steady answered")

asyncio.run(main())
```
```{testoutput}
steady answered
```

```{testcode}
print("the function of the block before:", main.__name__)
```
```{testoutput}
the function of the block before: main
```

```{testcode}
import threading

threading.Thread(target=print).start()
```

```{testcode}
:expect: exit 3
raise SystemExit(3)
```

```{doctest} prompts
>>> import asyncio
>>> await asyncio.sleep(0, "610 cents")
'610 cents'
```

```{testcode} lost
:clock: virtual
import asyncio

async def main():
    await asyncio.Event().wait()

asyncio.run(main())
```
"""


class _Strict(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a small site, and its folder."""
    assert PACKAGE.is_dir(), f"{PACKAGE} is not there: run make where npm is"
    project = Scratch(tmp_path_factory.mktemp("run"))
    project.write(index=PAGE)
    built = project.build(
        "html",
        extensions=["myst_parser", "concurrent_doctest", "run_here"],
        concurrent_doctest_strict=True,
        run_here_pyodide=str(PACKAGE),
        run_here_packages=[],
        html_theme="basic",
        html_sidebars={"**": []},
        html_static_path=[str(Path(__file__).resolve().parent.parent.parent / "source/_static")],
    )
    assert built.status == 0, built.printed
    handler = functools.partial(_Strict, directory=str(built.output))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", built.output
        server.shutdown()
        thread.join()


class Shown:
    """The page, and what it has asked for."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.asked = page, list[str]()
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(f"{address}/index.html")

    def press(self, name: str, number: int) -> None:
        self.page.get_by_role("button", name=f"{name} snippet {number}").click()

    def says(self, number: int, text: str) -> None:
        expect(self.page.locator(".run-status").nth(number - 1)).to_contain_text(text, timeout=LOADED)

    def printed(self, number: int) -> str:
        return str(self.page.locator(".run-output").nth(number - 1).text_content())

    def change(self, number: int, text: str) -> None:
        self.press("Edit", number)
        self.page.get_by_role("textbox", name="Code").fill(text)


@pytest.fixture
def shown(browser: Browser, site: tuple[str, Path]) -> Iterator[Shown]:
    errors: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield Shown(page, site[0])
    page.close()
    # Inline styles are the bare theme's, which has no icon either.
    assert [error for error in errors if "inline style" not in error and "404" not in error] == []


def test_nothing_is_asked_for_before_the_click_and_nothing_of_others_after_it(
    shown: Shown, site: tuple[str, Path]
) -> None:
    shown.page.wait_for_load_state("networkidle")
    early = [url for url in shown.asked if "pyodide" in url or "worker" in url or "/run/" in url]
    assert early == []
    shown.press("Run", 1)
    shown.says(1, "Done: it printed what the page shows.")
    assert shown.printed(1) == "steady answered\n"
    assert [url for url in shown.asked if not url.startswith(f"{site[0]}/")] == []
    assert any("pyodide.asm.wasm" in url for url in shown.asked)


def test_earlier_blocks_run_first_with_what_the_reader_has_changed(shown: Shown) -> None:
    shown.press("Run", 2)
    shown.says(2, "Done: it printed what the page shows.")
    assert shown.printed(2) == "the function of the block before: main\n"
    shown.change(1, "def main(): pass\nmain.__name__ = 'another'\nprint('steady answered')")
    shown.press("Run", 2)
    shown.says(2, "it printed something other than what the page shows.")
    assert shown.printed(2) == "the function of the block before: another\n"


def test_a_changed_block_runs_and_is_reset(shown: Shown) -> None:
    shown.change(1, "print('swift answered')")
    shown.page.keyboard.press("Control+Enter")
    shown.says(1, "With your changes: on Python ")
    assert shown.printed(1) == "swift answered\n"
    shown.press("Reset", 1)
    assert shown.page.get_by_role("textbox", name="Code").count() == 0
    shown.press("Run", 1)
    shown.says(1, "Done: it printed what the page shows.")


def test_the_output_stands_beside_the_expected_one_where_both_fit(shown: Shown) -> None:
    def place(selector: str, number: int = 0) -> tuple[float, float]:
        box = shown.page.locator(selector).nth(number).bounding_box()
        assert box is not None
        return round(box["x"]), round(box["y"])

    expected = ".highlight-none:has-text('the function of')"
    for width, beside in ((1280, True), (400, False)):
        shown.page.set_viewport_size({"width": width, "height": 900})
        before, buttons = place(expected), place(".run-bar", 1)
        shown.press("Run", 2)
        shown.says(2, "Done: it printed what the page shows.")
        assert place(expected) == before
        printed = place(".run-output", 1)
        if beside:
            assert printed[0] > before[0]
            assert before[1] <= printed[1] < place(".run-bar", 1)[1]
        else:
            assert place(".run-bar", 1) == buttons
            assert printed[1] > buttons[1]
        shown.press("Edit", 2)
        shown.press("Reset", 2)
        assert place(expected) == before
        assert shown.page.locator(".run-output").nth(1).is_hidden()


def test_an_error_is_shown_with_the_line_that_raised_it(shown: Shown) -> None:
    shown.change(1, "import sys\nprint('to stderr', file=sys.stderr)\nprices = {}\nprices['swift']")
    shown.press("Run", 1)
    shown.says(1, "it ended with KeyError: 'swift'")
    errors = shown.page.locator(".run-output .stderr").all_text_contents()
    assert any("to stderr" in text for text in errors)
    assert any("line 7, in <module>" in text and "doctest" not in text for text in errors), errors


def test_an_endless_loop_is_stopped_and_the_next_run_starts_afresh(shown: Shown) -> None:
    shown.change(1, "while True:\n    print('again')")
    shown.press("Run", 1)
    expect(shown.page.locator(".run-output").first).to_contain_text("again", timeout=LOADED)
    shown.press("Stop", 1)
    shown.says(1, "Stopped.")
    shown.press("Reset", 1)
    shown.press("Run", 1)
    shown.says(1, "Done: it printed what the page shows.")


def test_what_a_page_expects_is_said(shown: Shown) -> None:
    shown.press("Run", 3)
    shown.says(3, "it ends Python, as the page says.")
    shown.press("Run", 4)
    shown.says(4, "Done: it printed what the page shows.")
    assert shown.printed(4) == ">>> import asyncio\n>>> await asyncio.sleep(0, \"610 cents\")\n'610 cents'\n"
    shown.press("Run", 5)
    shown.says(5, "VirtualDeadlock: nothing is ready and nothing is scheduled")


def test_what_needs_threads_says_so_and_has_no_button(shown: Shown) -> None:
    assert shown.page.locator(".run-note").all_text_contents() == ["Needs threads: run it with python3."]
    assert shown.page.locator(".run-here").count() == 5


def test_the_keyboard_leaves_the_editor_with_tab(shown: Shown) -> None:
    shown.press("Edit", 1)
    box = shown.page.get_by_role("textbox", name="Code")
    expect(box).to_be_focused()
    shown.page.keyboard.press("Tab")
    expect(shown.page.get_by_role("button", name="Run snippet 1")).to_be_focused()
    assert not str(box.input_value()).startswith("\t")


def test_a_page_from_the_disk_has_no_buttons(page: Page, site: tuple[str, Path]) -> None:
    page.goto((site[1] / "index.html").as_uri())
    assert page.get_by_role("button", name="Run").count() == 0
    assert "steady answered" in page.inner_text("body")


def test_without_scripts_the_page_is_whole(browser: Browser, site: tuple[str, Path]) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{site[0]}/index.html")
    assert page.get_by_role("button").count() == 0
    assert "Needs threads" in page.inner_text("body")
    page.context.close()
