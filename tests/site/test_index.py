"""The index: enough entries, each under one name, and every cross-reference of it leads somewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag


def _entries(site: Path) -> dict[str, list[str]]:
    """Each entry with its sub-entries."""
    soup = BeautifulSoup((site / "genindex.html").read_bytes(), "html.parser")
    found: dict[str, list[str]] = defaultdict(list)
    for table in soup.find_all("table", class_="genindextable"):
        for cell in table.find_all("td"):
            for item in cell.select(":scope > ul > li"):
                below = item.find("ul", recursive=False)
                names = [_name(sub) for sub in below.find_all("li", recursive=False)] if isinstance(below, Tag) else []
                found[_name(item)] += names
    return found


def _name(item: Tag) -> str:
    """What an entry says, without its numbers of further places and its sub-entries."""
    said = "".join(
        part.get_text() if isinstance(part, Tag) else str(part) for part in item.children if not _below(part)
    )
    return re.sub(r"(,\s*\[\d+\])+$", "", " ".join(said.split())).strip()


def _below(part: object) -> bool:
    return isinstance(part, Tag) and part.name == "ul"


@pytest.fixture(scope="module")
def entries(site: Path) -> dict[str, list[str]]:
    return _entries(site)


def test_it_is_long_enough_to_find_things_in(entries: dict[str, list[str]]) -> None:
    assert len(entries) >= 300
    assert sum(map(len, entries.values())) >= 300


def _word(text: str) -> str:
    return " ".join(word.removesuffix("s") if len(word) > 3 else word for word in re.split(r"[\s-]+", text.lower()))


def test_no_entry_stands_there_twice_in_another_spelling(entries: dict[str, list[str]]) -> None:
    spelled = defaultdict(set)
    for entry, below in entries.items():
        if "." not in entry:  # asyncio.timeout and asyncio.Timeout are two things
            spelled[_word(entry)].add(entry)
        for sub in below:
            spelled[f"{_word(entry)}: {_word(sub)}"].add(f"{entry}: {sub}")
    assert [sorted(same) for same in spelled.values() if len(same) > 1 and not _names(same)] == []


def _names(same: set[str]) -> bool:
    """Whether they differ as a name of Python and a word do: a class in CamelCase, a call with its brackets."""
    return any(re.search(r"[a-z][A-Z]|[_()]", entry) for entry in same)


def test_a_name_of_the_library_stands_under_its_module(entries: dict[str, list[str]]) -> None:
    qualified = {entry.rpartition(".")[2] for entry in entries if entry.startswith("asyncio.")}
    # timeout, sleep and shutdown are words as well.
    assert sorted(name for name in qualified & set(entries) if re.search("[A-Z_]", name)) == []


def test_every_see_and_see_also_leads_to_an_entry(entries: dict[str, list[str]]) -> None:
    seen = [(entry, sub) for entry, below in entries.items() for sub in below if re.match("see (also )?", sub)]
    assert len(seen) >= 20
    for entry, sub in seen:
        for target in re.sub("^see (also )?", "", sub).split(", "):
            assert target in entries, f"{entry}: {sub}"
