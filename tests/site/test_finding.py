"""What helps to find one's way: links in code, breadcrumbs, Markdown, the list of pages, and addresses that stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

import addresses
import redirects
from tests.site.outputs import SOURCE, THEME_PAGES, redirected

PYTHON = "https://docs.python.org/3/"
LINK = re.compile(r'<a class="api" href="([^"]*)" title="([^"]*)"')
LINE = re.compile(r"^- \[(.+?)\]\((\S+?)\)(?:: (.+))?$")
FENCED = re.compile(r"^([ >]*)(`{3,}).*?^[ >]*\2$", re.MULTILINE | re.DOTALL)


@cache
def documented() -> set[str]:
    """Every address that the Python manual has for a name."""
    inventory = InventoryFile.loads((SOURCE / "_data/python.inv").read_bytes(), uri=PYTHON)
    return {
        entry.uri for kind, entries in inventory.data.items() if kind.startswith("py:") for entry in entries.values()
    }


@cache
def pages(site: Path) -> dict[str, str]:
    """Each page by its address, as it was written: to parse them all would take longer than everything here."""
    gone = redirected()
    paths = ((path, path.relative_to(site).as_posix()) for path in sorted(site.rglob("*.html")))
    return {
        name: path.read_text("utf-8")
        for path, name in paths
        if name not in THEME_PAGES and name not in gone and not name.startswith("_")
    }


@pytest.fixture(scope="module", autouse=True)
def light() -> Iterator[None]:
    """Keep the pages no longer than this module."""
    yield
    pages.cache_clear()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("overview.html", {"asyncio.sleep", "asyncio.TaskGroup", "asyncio.TaskGroup.create_task", "asyncio.run"}),
        ("thread-safe-collections/queues.html", {"queue.Queue.put", "threading.Thread.start"}),
        ("cancellation-and-timeouts/task-groups.html", {"asyncio.Task.cancelled", "BaseExceptionGroup.exceptions"}),
        ("contributing/snippets.html", {"time.monotonic", "asyncio.Task.done"}),
    ],
)
def test_names_in_code_are_linked(site: Path, name: str, expected: set[str]) -> None:
    assert expected <= {title for _, title in LINK.findall(pages(site)[name])}


def test_links_in_code_lead_somewhere(site: Path) -> None:
    found = {(name, address) for name, page in pages(site).items() for address, _ in LINK.findall(page)}
    assert len(found) > 100
    dead = [each for each in found if each[1].startswith("http") and each[1] not in documented()]
    assert sorted(dead) == []


def test_each_page_but_the_first_has_breadcrumbs(site: Path) -> None:
    for name, page in pages(site).items():
        trail = re.findall(r'<nav class="breadcrumbs".*?</nav>', page, re.DOTALL)
        assert len(trail) == (name != "index.html"), name
    (trail,) = re.findall(r'<nav class="breadcrumbs".*?</nav>', pages(site)["contributing/runner.html"], re.DOTALL)
    assert re.findall('href="([^"]*)"', trail) == ["../index.html", "index.html"]


def fences(text: str) -> int:
    """How many fenced blocks the Markdown *text* has."""
    count, within = 0, ""
    for line in text.splitlines():
        found = re.match(r"[\s>]*(`{3,})", line)
        if found and not within:
            count, within = count + 1, found[1]
        elif found and line.strip("> ") == within:
            within = ""
    assert not within
    return count


def test_each_page_has_its_markdown_and_links_to_it(site: Path) -> None:
    for name, page in pages(site).items():
        own = Path(name).with_suffix(".md").name
        text = (site / name).with_suffix(".md").read_text("utf-8")
        assert text.startswith("# "), name
        assert f'<link rel="alternate" type="text/markdown" href="{own}"' in page, name
        assert f'<a href="{own}" type="text/markdown">' in page, name
        assert fences(text) == page.count('<div class="highlight"><pre>'), name


def test_no_directive_is_left_in_the_markdown(site: Path) -> None:
    directive = re.compile(r"^[`:]{3,}\{", re.MULTILINE)
    left = [path.name for path in site.rglob("*.md") if directive.search(FENCED.sub("", path.read_text("utf-8")))]
    assert left == []


def test_links_in_markdown_lead_somewhere(site: Path) -> None:
    dead = []
    for path in site.rglob("*.md"):
        text = FENCED.sub("", path.read_text("utf-8"))
        for target in re.findall(r"\]\(<?([^)>\s]+)>?\)", re.sub(r"(`+)[^`]*?\1", "``", text)):
            name = target.partition("#")[0]
            if name and "://" not in target and not target.startswith("mailto:") and not (path.parent / name).is_file():
                dead.append(f"{path.relative_to(site)}: {target}")
    assert dead == []


def test_the_list_has_every_page_once(site: Path) -> None:
    text = (site / "llms.txt").read_text("utf-8")
    assert text.startswith("# Async-Multithreading\n\n> ")
    found = [LINE.match(line) for line in text.splitlines() if line.startswith("- ")]
    listed = [match[2] for match in found if match]
    assert len(listed) == len(found)
    assert all(match[3] for match in found if match)
    wanted = {f"{name.removesuffix('.html')}.md" for name in pages(site)}
    assert sorted(address.rpartition("//")[2] for address in listed) == sorted(wanted)


def test_no_address_vanishes_without_a_redirect(site: Path) -> None:
    listed = {each.old for each in redirects.read((SOURCE / "_data/redirects.tsv").read_text("utf-8"))}
    recorded, current = addresses.read(), addresses.of_site(site, listed)
    gone = addresses.vanished(recorded, current, listed)
    assert gone == [], "write in source/_data/redirects.tsv where these lead now"
    unknown = sorted(address for address in current - set(recorded) if "#" not in address)
    assert unknown == [], "run `make addresses`, so that these stay"
    assert [name for name in redirected() if not (site / name).is_file()] == []
