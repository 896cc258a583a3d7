"""Every block with a Run button does in the browser's Python what its page says, run by the very code of the page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.site.outputs import BUILD

pytestmark = pytest.mark.gate

STATIC = BUILD / "html/_static"
LIMIT = 1800
"""Seconds for all pages of a process, on a busy machine; a block that hangs is named then."""

DIFFERENT = {
    # shield() of 3.14.2 also reports a failure that somebody has seen; that of 3.14.10 does not, like all others.
    "source/cancellation-and-timeouts/shielding.md": 1,
}
"""How many blocks of a page print something else in this very release of Python."""


@pytest.fixture(scope="module")
def plans() -> list[Path]:
    found = sorted((STATIC / "run/pages").rglob("*.json"))
    assert found, "the site was built without Pyodide: run make where npm is"
    return found


def _run(pages: list[Path], folder: Path) -> list[dict[str, Any]]:
    """What Node says of the blocks of *pages*, which follow each other in one Python, as in a browser tab."""
    node = shutil.which("node")
    assert node, "there is no Node: apt-get install nodejs"
    script = folder / "run_blocks.mjs"
    text = Path(__file__).with_name("run_blocks.mjs").read_text("utf-8")
    script.write_text(text.replace("./run-core.mjs", (STATIC / "run-core.mjs").resolve().as_uri()), "utf-8")
    command = [node, str(script), f"{STATIC.resolve().as_uri()}/", *(page.resolve().as_uri() for page in pages)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
        out, problem = done.stdout, done.stderr if done.returncode else ""
    except subprocess.TimeoutExpired as error:
        out, problem = (error.stdout or b"").decode(), f"not done within {LIMIT} s"
    events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    last = events[-1]["id"] if events else "the start"
    assert not problem, f"after {last}: {problem}"
    return [event for event in events if "outcome" in event]


def test_every_block_with_a_button_does_what_its_page_says(plans: list[Path], tmp_path: Path) -> None:
    parts = max(1, min(4, os.cpu_count() or 1))
    folders = [tmp_path / str(number) for number in range(parts)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(parts) as pool:
        shares = [plans[number::parts] for number in range(parts)]
        results = [result for share in pool.map(_run, shares, folders) for result in share]
    assert len(results) > 800
    wrong: dict[str, list[str]] = {}
    for result in results:
        if result["outcome"] not in {"passed", "skipped"}:
            page = str(result["id"]).rpartition(":")[0]
            wrong.setdefault(page, []).append(f"{result['id']}: {result['reason']}\n{result['report']}")
    unknown = {page: said for page, said in wrong.items() if len(said) != DIFFERENT.get(page, 0)}
    assert not unknown, "\n".join(text for said in unknown.values() for text in said)
    assert set(DIFFERENT) <= set(wrong), "a block that was different is not any more: take it from the list"


def test_each_block_has_a_button_a_note_or_a_condition_that_excludes_it(plans: list[Path]) -> None:
    known = {str(path.relative_to(STATIC / "run/pages").with_suffix("")) for path in plans}
    places = 0
    for page in (BUILD / "html").rglob("*.html"):
        html = page.read_bytes()
        if b'class="run-here"' in html:
            for place in BeautifulSoup(html, "html.parser").select(".run-here"):
                assert place["data-page"] in known, page
                places += 1
    assert places > 800
