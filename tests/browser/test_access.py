"""Nobody is kept out: axe finds nothing in light or dark, and html-validate nothing in any page.

Of html-validate's recommended rules, those on the style of valid HTML are off, for Sphinx and its theme write another:
how tags, attributes and the doctype are spelled, spaces at the ends of lines, a table's ``<tbody>``, which the parser
adds.  Ids may begin with a digit, as the headings do that they come from; titles may be longer than 70 characters, as
error messages are.  The theme's ``<article role="main">`` stays, for its style sheet asks for it.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import watch
from tests.browser.kinds import FOUND, KINDS
from tests.site.outputs import BUILD

pytestmark = pytest.mark.gate
RULES = Path(__file__).with_name("html-validate.json")


def violations(found: dict[str, Any]) -> list[str]:
    """What axe reports, in a line each."""
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]
    ]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    browser: Browser, address: str, modules: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    axe = (modules / "axe-core/axe.min.js").read_text("utf-8")
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    errors = watch(context)
    found = {}
    page = context.new_page()
    for name in KINDS:
        page.goto(f"{address}/{name}")
        if name == FOUND:
            page.wait_for_selector("#search-results li")
        # Blocks that scroll can be focused once the page has nothing else to do.
        page.evaluate("new Promise((done) => requestIdleCallback(() => requestIdleCallback(done)))")
        page.evaluate(axe)
        found[name] = violations(page.evaluate("axe.run(document, {resultTypes: ['violations']})"))
    context.close()
    assert {name: said for name, said in found.items() if said} == {}
    assert errors == []


def test_each_page_is_valid_html(modules: Path, tmp_path: Path) -> None:
    pages = [str(path) for path in sorted((BUILD / "html").rglob("*.html")) if "_static" not in path.parts]
    command = ["node", str(modules / "html-validate/bin/html-validate.mjs"), "--config", str(RULES)]
    report = tmp_path / "report.json"
    # Into a file: what goes to a pipe is cut off when the program ends.
    checked = [*command, "--formatter", f"json={report}", *pages]
    done = subprocess.run(checked, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode in (0, 1), done.stderr
    said = [
        f"{file['filePath']}:{message['line']}: {message['ruleId']}: {message['message']}"
        for file in json.loads(report.read_text("utf-8"))
        for message in file["messages"]
    ]
    assert said == []
    # The rules are found, and used.
    broken = tmp_path / "broken.html"
    broken.write_text(
        "<!DOCTYPE html><html lang=en><head><title>x</title></head><body><p><div></div></p></body></html>"
    )
    assert subprocess.run([*command, str(broken)], capture_output=True, timeout=60, check=False).returncode == 1
